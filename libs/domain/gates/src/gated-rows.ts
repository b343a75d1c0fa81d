import type { GatesDefinition, ModelTask } from '#contracts';
import type { FeatureRow, GateScores } from './scorer.js';

/** A labelled event that no training saw. */
export interface GatedRow {
  readonly features: FeatureRow;
  /** As in OutcomeRecord. */
  readonly label: number;
  /** Values of the columns that are sliced by, in their order. */
  readonly slices: readonly string[];
}

export interface GatedRows {
  /** Columns of the log. */
  readonly slices: readonly string[];
  readonly rows: readonly GatedRow[];
}

/** The champion and what it said of the same rows. */
export interface ScoredChampion {
  readonly version: string;
  readonly scores: GateScores;
}

/** What the comparing gates look at. */
export interface ScoredHoldout extends GatedRows {
  readonly task: ModelTask;
  readonly threshold: number;
  readonly candidate: GateScores;
  /** Null: nobody serves yet. */
  readonly champion: ScoredChampion | null;
}

/** Rows of one value of one column, by their indexes. */
export interface Slice {
  readonly column: string;
  readonly value: string;
  /** `<column>=<value>`, as monitors name it. */
  readonly name: string;
  readonly rows: readonly number[];
}

/** The slices by each of `by`, largest first. Columns that the rows do not have are left out. */
export function slicesOf(
  {
    slices,
    rows,
  }: { readonly slices: readonly string[]; readonly rows: readonly { readonly slices: readonly string[] }[] },
  by: readonly string[] = slices,
): readonly Slice[] {
  return by.flatMap((column) => {
    const at = slices.indexOf(column);
    if (at < 0) return [];
    const byValue = new Map<string, number[]>();
    for (const [row, one] of rows.entries()) {
      const value = one.slices[at]!;
      const known = byValue.get(value);
      if (known === undefined) byValue.set(value, [row]);
      else known.push(row);
    }
    return [...byValue]
      .map(([value, indexes]) => ({ column, value, name: `${column}=${value}`, rows: indexes }))
      .sort((a, b) => b.rows.length - a.rows.length || (a.value < b.value ? -1 : 1));
  });
}

export function labelsOf(rows: readonly GatedRow[]): Float64Array {
  return Float64Array.from(rows, ({ label }) => label);
}

export type ComparisonBounds = Pick<GatesDefinition, 'metric' | 'minGain' | 'confidence' | 'tolerance'>;
