/** The features that contribute most, either way, the largest first. */
export function mostImportant<T extends { readonly contribution: number }>(
  contributions: readonly T[],
  most: number,
): readonly T[] {
  return contributions.toSorted((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution)).slice(0, most);
}
