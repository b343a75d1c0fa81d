import type { OutboundMessage } from '#platform/outcomes';
import { planPurge, type PartitionPurge } from './purge-plan.js';
import type { QuarantineEntry } from './quarantine-entry.js';
import type { RowCutoff } from './quarantine-rows.js';
import { readQuarantine, type LogSource } from './read-quarantine.js';
import { unmarkMessage, type ReplayMarks } from './replay-marks.js';

export interface PurgePlan {
  readonly topic: string;
  readonly partitions: readonly PartitionPurge[];
  /** Which rows of the quarantine table tell of what is purged, now and by earlier retention. */
  readonly rows: RowCutoff;
}

/** @param logged monitoring's committed offsets of the quarantine topic */
export async function makePurgePlan(
  log: LogSource,
  topic: string,
  beforeMs: number,
  logged: ReadonlyMap<number, number>,
): Promise<PurgePlan> {
  const ends = await log.ends(topic);
  const partitions = planPurge(ends, await log.offsetsAt(topic, beforeMs), logged);
  return {
    topic,
    partitions,
    rows: { beforeMs, offsets: new Map(partitions.map(({ partition, to }) => [partition, to])) },
  };
}

/** The records that a plan deletes. */
export async function* purgedRecords(
  log: LogSource,
  { topic, partitions }: PurgePlan,
): AsyncGenerator<QuarantineEntry> {
  yield* readQuarantine(log, topic, partitions);
}

export interface PurgePorts {
  deleteRecordsBefore(topic: string, offsets: ReadonlyMap<number, number>): Promise<void>;
  /** Undefined: rows are kept. */
  deleteRows: ((cutoff: RowCutoff) => Promise<void>) | undefined;
  publish(messages: readonly OutboundMessage[]): Promise<void>;
}

const MARKS_PER_SEND = 500;

/**
 * Order of durability: (1) the records go, for good; (2) the rows that tell of them; (3) the marks of those that were put
 * back, last, since a record that could still be read would otherwise be put back twice. A death in between leaves rows
 * or marks, which the next purge takes: it deletes by position, not by what it finds.
 *
 * @returns marks that were taken away
 */
export async function purge(
  ports: PurgePorts,
  pipeline: string,
  { topic, partitions, rows }: PurgePlan,
  marks: ReplayMarks,
): Promise<number> {
  const doomed = partitions.filter(({ from, to }) => to > from);
  await ports.deleteRecordsBefore(topic, new Map(doomed.map(({ partition, to }) => [partition, to]))); // (1)
  await ports.deleteRows?.(rows); // (2)
  const ids = marks.before(rows.offsets);
  for (let at = 0; at < ids.length; at += MARKS_PER_SEND) {
    await ports.publish(ids.slice(at, at + MARKS_PER_SEND).map((id) => unmarkMessage(pipeline, id))); // (3)
  }
  return ids.length;
}
