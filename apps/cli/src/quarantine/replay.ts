import { HEADER } from '#contracts';
import type { OutboundMessage } from '#platform/outcomes';
import { originalHeadersOf, type QuarantineEntry } from './quarantine-entry.js';

/** Topics that a replay may write to, with the number of their partitions. */
export type Homes = ReadonlyMap<string, number>;

/** Anybody may write to a quarantine topic: what names no partition of the pipeline's own topics stays where it is. */
export function hasHome({ origin }: QuarantineEntry, homes: Homes): boolean {
  return origin.partition >= 0 && origin.partition < (homes.get(origin.topic) ?? 0);
}

/**
 * The original record as it came, for where it came from. It goes to the partition it came from, so that it meets the
 * state (deduplication, references) that its key has there. Its Kafka timestamp is that of the replay: it is published
 * anew, and retention must not take it before it is read.
 */
export function toReplayMessage(entry: QuarantineEntry, run: string): OutboundMessage {
  return {
    topic: entry.origin.topic,
    partition: entry.origin.partition,
    key: entry.key,
    value: entry.value,
    headers: {
      ...originalHeadersOf(entry),
      [HEADER.attempt]: String(entry.attempt + 1),
      [HEADER.replayOf]: entry.id,
      [HEADER.replayTo]: entry.origin.topic,
      [HEADER.replayRun]: run,
    },
  };
}
