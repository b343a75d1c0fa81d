/** What a purge does to one partition of a quarantine topic. */
export interface PartitionPurge {
  readonly partition: number;
  /** First offset that the partition holds. */
  readonly from: number;
  /** First offset that stays. */
  readonly to: number;
  /** First offset that is young enough to stay, were it not for monitoring. */
  readonly wanted: number;
}

/**
 * Per partition, deletes up to the first record that is younger, and never what monitoring has not logged: its rows are
 * what is left of a record.
 *
 * @param ends taken before `firstYounger`, or a record that comes between the two would count as old
 * @param firstYounger offset of the first record that is young enough to stay; null: none is; missing: unknown
 * @param logged monitoring's committed offset; missing: it has logged nothing
 */
export function planPurge(
  ends: readonly { readonly partition: number; readonly low: number; readonly high: number }[],
  firstYounger: ReadonlyMap<number, number | null>,
  logged: ReadonlyMap<number, number>,
): readonly PartitionPurge[] {
  return ends.map(({ partition, low, high }) => {
    const younger = firstYounger.get(partition);
    const wanted = younger === undefined ? low : Math.max(low, Math.min(high, younger ?? high));
    return { partition, from: low, to: Math.max(low, Math.min(wanted, logged.get(partition) ?? 0)), wanted };
  });
}
