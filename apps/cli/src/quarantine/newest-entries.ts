import { factsOf, type EntryFacts } from './entry-facts.js';
import type { QuarantineEntry } from './quarantine-entry.js';

/** Keeps the newest `limit` of any number of records, by when they were quarantined: at most twice as many at a time. */
export class NewestEntries {
  private kept: { readonly atMs: number; readonly facts: EntryFacts }[] = [];
  /** What is older than this is not among the newest any more. */
  private floorMs = -Infinity;

  constructor(private readonly limit: number) {}

  add(entry: QuarantineEntry, replayed: boolean): void {
    if (entry.quarantinedAtMs < this.floorMs) return;
    this.kept.push({ atMs: entry.quarantinedAtMs, facts: factsOf(entry, replayed) });
    if (this.kept.length >= 2 * this.limit) this.trim();
  }

  /** Oldest first. */
  list(): readonly EntryFacts[] {
    this.trim();
    return this.kept.map(({ facts }) => facts);
  }

  private trim(): void {
    this.kept = this.kept.sort((a, b) => a.atMs - b.atMs).slice(-this.limit);
    if (this.kept.length === this.limit) this.floorMs = this.kept[0]!.atMs;
  }
}
