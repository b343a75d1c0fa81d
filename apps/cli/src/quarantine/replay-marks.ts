import { z } from 'zod';
import type { PipelineDefinition } from '#contracts';
import type { TopicSpec } from '#platform/kafka';
import type { OutboundMessage } from '#platform/outcomes';
import { entryIdOf, parseEntryId, type QuarantineEntry } from './quarantine-entry.js';
import type { LogSource } from './read-quarantine.js';

/** Who put a record back and when. */
const MARK = z.object({
  run: z.string(),
  by: z.string(),
  /** ms since epoch. */
  atMs: z.number(),
  /**
   * Which record it was, besides its id: a quarantine topic that was deleted and made anew counts its offsets from 0 again,
   * and what lies there then was never replayed.
   */
  quarantinedAtMs: z.number(),
  origin: z.string(),
});

export type ReplayMark = z.infer<typeof MARK>;

/**
 * Topic of the marks of a pipeline's replays, keyed by the id of the quarantine record. A mark commits in one transaction
 * with the record put back. Compacted, so that marks outlive any retention: a record that is still in quarantine must not
 * be taken for one that was never replayed.
 */
export function replayMarksTopicOf(pipeline: string): string {
  return `${pipeline}.replays`;
}

export function replayMarksTopic({ name, topics: { replicationFactor } }: PipelineDefinition): TopicSpec {
  return {
    topic: replayMarksTopicOf(name),
    partitions: 1,
    replicationFactor,
    config: { 'cleanup.policy': 'compact', 'min.insync.replicas': String(replicationFactor >= 3 ? 2 : 1) },
  };
}

/** The marks of records that quarantine still holds: about 200 bytes each. */
export class ReplayMarks {
  private readonly marks = new Map<string, ReplayMark>();

  set(id: string, mark: ReplayMark | null): void {
    if (mark === null) this.marks.delete(id);
    else this.marks.set(id, mark);
  }

  of(entry: QuarantineEntry): ReplayMark | undefined {
    const mark = this.marks.get(entry.id);
    return mark?.quarantinedAtMs === entry.quarantinedAtMs && mark.origin === originOf(entry) ? mark : undefined;
  }

  /** Ids of marks whose records lie before these offsets of the quarantine topic, by partition. */
  before(offsets: ReadonlyMap<number, number>): readonly string[] {
    return [...this.marks.keys()].filter((id) => {
      const position = parseEntryId(id);
      return position !== undefined && position.offset < (offsets.get(position.partition) ?? 0);
    });
  }
}

/** Reads all marks to the end of their topic. */
export async function readReplayMarks(log: LogSource, pipeline: string): Promise<ReplayMarks> {
  const topic = replayMarksTopicOf(pipeline);
  const marks = new ReplayMarks();
  for (const { partition, low, high } of await log.ends(topic)) {
    if (low >= high) continue;
    for await (const records of log.read(topic, partition, low, high)) {
      for (const { key, value } of records) if (key !== null) marks.set(key.toString('utf8'), parseMark(value));
    }
  }
  return marks;
}

export function markMessage(
  pipeline: string,
  entry: QuarantineEntry,
  { run, by, atMs }: Pick<ReplayMark, 'run' | 'by' | 'atMs'>,
): OutboundMessage {
  const mark: ReplayMark = { run, by, atMs, quarantinedAtMs: entry.quarantinedAtMs, origin: originOf(entry) };
  return {
    topic: replayMarksTopicOf(pipeline),
    partition: 0,
    key: entryIdOf(entry.partition, entry.offset),
    value: Buffer.from(JSON.stringify(mark)),
  };
}

export function unmarkMessage(pipeline: string, id: string): OutboundMessage {
  return { topic: replayMarksTopicOf(pipeline), partition: 0, key: id, value: null };
}

function originOf({ origin: { topic, partition, offset } }: QuarantineEntry): string {
  return `${topic}/${partition}/${offset}`;
}

function parseMark(value: Buffer | null): ReplayMark | null {
  if (value === null) return null;
  try {
    const parsed = MARK.safeParse(JSON.parse(value.toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // somebody else's; it marks nothing
  }
}
