import type { QuarantineEntry } from './quarantine-entry.js';

export const SUMMARY_KEYS = ['reason', 'stage', 'day'] as const;
export type SummaryKey = (typeof SUMMARY_KEYS)[number];

export interface SummaryGroup {
  /** The reason, the stage, or the UTC day. */
  readonly group: string;
  count: number;
  notReplayed: number;
  bytes: number;
  firstMs: number;
  lastMs: number;
  /** What the newest of them says. */
  example: string;
}

const MOST_GROUPS = 1_000;
/** Takes what comes after MOST_GROUPS groups: anybody may write reasons, and days go on for ever. */
export const OTHER_GROUPS = '(others)';

/** Counts quarantined records by group; memory grows with the groups only. */
export class QuarantineSummary {
  private readonly groups = new Map<string, SummaryGroup>();

  constructor(private readonly by: SummaryKey) {}

  add(entry: QuarantineEntry, replayed: boolean): void {
    const { quarantinedAtMs: atMs, message } = entry;
    const group = this.groupOf(entry);
    group.count++;
    if (!replayed) group.notReplayed++;
    group.bytes += entry.value?.byteLength ?? 0;
    group.firstMs = Math.min(group.firstMs, atMs);
    if (atMs >= group.lastMs) {
      group.lastMs = atMs;
      group.example = message;
    }
  }

  get total(): number {
    let total = 0;
    for (const { count } of this.groups.values()) total += count;
    return total;
  }

  /** Days in their order, anything else by count, the most first. */
  rows(): readonly SummaryGroup[] {
    const rows = [...this.groups.values()];
    return this.by === 'day'
      ? rows.sort((a, b) => a.group.localeCompare(b.group))
      : rows.sort((a, b) => b.count - a.count || a.group.localeCompare(b.group));
  }

  private groupOf(entry: QuarantineEntry): SummaryGroup {
    const own = this.by === 'day' ? new Date(entry.quarantinedAtMs).toISOString().slice(0, 10) : entry[this.by];
    const name = this.groups.size < MOST_GROUPS || this.groups.has(own) ? own : OTHER_GROUPS;
    let group = this.groups.get(name);
    if (group === undefined) {
      group = { group: name, count: 0, notReplayed: 0, bytes: 0, firstMs: Infinity, lastMs: -Infinity, example: '' };
      this.groups.set(name, group);
    }
    return group;
  }
}
