import { setTimeout as delay } from 'node:timers/promises';
import { HEADER, topicOf } from '#contracts';
import type { LogRecord, PartitionLease } from '#platform/kafka';
import type { EventCodecs } from '../ports.js';
import { readCheckpoint } from './checkpoint.js';
import type { Memory } from './memory.js';
import { PartitionState } from './partition-state.js';

/** Commit markers follow a transaction within milliseconds; longer, and the log is not the one of the checkpoint. */
const LOG_DEADLINE_MS = 30_000;
const LOG_RETRY_MS = 20;

/**
 * Rebuilds the state of a partition from what validation itself wrote to `<p>.validated`. With a checkpoint of the same
 * memory, only the part that the memory reaches back to is read; without one, or where the definition remembers other
 * things than the checkpoint was made for, all that the topic still holds.
 *
 * @throws Error when the log ends before the checkpoint does: the topic was deleted or truncated behind our back
 * @throws Retriable when Kafka or the schema registry is away
 */
export async function restoreState(
  memory: Memory,
  lease: PartitionLease,
  stored: unknown,
  codecs: EventCodecs,
  signal: AbortSignal,
  deadlineMs = LOG_DEADLINE_MS,
): Promise<PartitionState> {
  const checkpoint = readCheckpoint(stored);
  const state = new PartitionState(memory, lease.pipeline, lease.partition);
  state.latest = checkpoint;
  // First the watermark: what lies behind the window is then not even taken in.
  if (checkpoint?.watermarkMs != null) state.moveWatermark(checkpoint.watermarkMs);
  const topic = topicOf(lease.pipeline, 'validated');
  const decoder = codecs.decoderFor(memory.schema);
  const to = checkpoint?.to ?? 0;
  let next = checkpoint?.memory === memory.key ? checkpoint.from : 0;
  for (let waitedMs = 0; ; waitedMs += LOG_RETRY_MS) {
    for await (const chunk of lease.readLog(topic, lease.partition, next)) {
      // What inference refused and a replay put back was accepted once, where it lay at first; its second record is nobody's
      // decision and may be anything.
      const own = chunk.filter(({ headers }) => headers[HEADER.replayTo] === undefined);
      await decoder.prefetch(own.map(({ value }) => value));
      const events = own.map((record) => decodeOwn(record, topic, decoder));
      next = chunk.at(-1)!.offset + 1;
      state.replay(chunk[0]!.offset, next, events);
      if (checkpoint === null) moveWatermarkOver(state, memory, own, events);
    }
    if (next >= to) {
      state.replay(next, next, []);
      return state;
    }
    if (waitedMs >= deadlineMs) {
      throw new Error(
        `${topic}/${lease.partition} ends at offset ${next}, but the checkpoint of ${lease.topic}/${lease.partition} was made at ${to}; ` +
          `if the topic was deleted or truncated on purpose, delete the offsets of its consumer group as well`,
      );
    }
    await delay(LOG_RETRY_MS, undefined, { signal });
  }
}

/** Without a checkpoint the watermark follows from the log, as far as it can. */
function moveWatermarkOver(
  state: PartitionState,
  { identity }: Memory,
  chunk: readonly LogRecord[],
  events: readonly Readonly<Record<string, unknown>>[],
): void {
  for (let index = 0; index < events.length; index++) {
    state.moveWatermark(Math.min(identity.timeMsOf(events[index]!), chunk[index]!.timestampMs));
  }
}

function decodeOwn(
  { value, offset }: LogRecord,
  topic: string,
  decoder: ReturnType<EventCodecs['decoderFor']>,
): Record<string, unknown> {
  const decoded = decoder.decode(value);
  if (decoded.ok) return decoded.value;
  throw new Error(`offset ${offset} of ${topic} is not readable as the pipeline's event: ${decoded.message}`);
}
