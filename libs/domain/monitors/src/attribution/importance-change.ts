/** How much a feature matters: its mean |contribution|, there and here. */
export interface Importance {
  readonly feature: string;
  readonly reference: number;
  readonly value: number;
}

/**
 * Normalised discounted cumulative gain of the features in today's order, gained by what they mattered in the reference: 1 where the
 * order is the same, smaller the further features fall that mattered. As Amazon SageMaker Clarify has it ("Feature attribution drift for
 * models in production"), which alerts below 0.90.
 *
 *   Σ a(f′ᵢ) / log₂(i + 1)  ÷  Σ a(fᵢ) / log₂(i + 1)
 *
 * with a the importance in the reference, f the features by that, f′ by today's; equal ones in one order on both sides.
 *
 * @returns null where nothing mattered in the reference
 */
export function ndcg(importances: readonly Importance[]): number | null {
  // A feature that mattered comes before its equal that did not: ties are no change of rank.
  const byReference = importances.toSorted((a, b) => b.reference - a.reference);
  const byValue = byReference.toSorted((a, b) => b.value - a.value);
  const ideal = gainOf(byReference);
  return ideal > 0 ? gainOf(byValue) / ideal : null;
}

function gainOf(order: readonly Importance[]): number {
  return order.reduce((sum, { reference }, i) => sum + reference / Math.log2(i + 2), 0);
}

/** Share of all that features contribute, there and here; null where nothing contributes anything. */
export function sharesOf(
  importances: readonly Importance[],
): readonly { readonly feature: string; readonly reference: number | null; readonly value: number | null }[] {
  const before = importances.reduce((sum, { reference }) => sum + reference, 0);
  const now = importances.reduce((sum, { value }) => sum + value, 0);
  return importances.map(({ feature, reference, value }) => ({
    feature,
    reference: before > 0 ? reference / before : null,
    value: now > 0 ? value / now : null,
  }));
}

/** Half of what the shares differ by: the part of all contributions that went from some features to others, in [0, 1]. */
export function totalVariation(importances: readonly Importance[]): number | null {
  let sum = 0;
  for (const { reference, value } of sharesOf(importances)) {
    if (reference === null || value === null) return null;
    sum += Math.abs(value - reference);
  }
  return sum / 2;
}
