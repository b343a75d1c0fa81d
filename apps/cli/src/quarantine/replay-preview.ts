import type { LogSource } from './read-quarantine.js';
import type { ReplayMarks } from './replay-marks.js';
import { select, type ReplaySelection } from './replay-selection.js';

export interface ReplayPreview {
  /** Records that would be put back. */
  readonly selected: number;
  readonly alreadyReplayed: number;
  readonly homeless: number;
  /** How many go to which topic. */
  readonly byTopic: Readonly<Record<string, number>>;
  readonly byReason: Readonly<Record<string, number>>;
  /** The first of those to be put back. */
  readonly ids: readonly string[];
}

export const MOST_IDS = 100;

/** What a replay would do, as things stand now. */
export async function previewReplay(
  log: LogSource,
  selection: ReplaySelection,
  marks: ReplayMarks,
): Promise<ReplayPreview> {
  let selected = 0;
  let alreadyReplayed = 0;
  let homeless = 0;
  const byTopic = new Map<string, number>();
  const byReason = new Map<string, number>();
  const ids: string[] = [];
  for await (const { kind, entry } of select(log, selection, marks)) {
    if (kind === 'homeless') homeless++;
    else if (kind === 'replayed') alreadyReplayed++;
    else {
      selected++;
      byTopic.set(entry.origin.topic, (byTopic.get(entry.origin.topic) ?? 0) + 1);
      byReason.set(entry.reason, (byReason.get(entry.reason) ?? 0) + 1);
      if (ids.length < MOST_IDS) ids.push(entry.id);
    }
  }
  return {
    selected,
    alreadyReplayed,
    homeless,
    byTopic: Object.fromEntries(byTopic),
    byReason: Object.fromEntries(byReason),
    ids,
  };
}
