import type { LogRecord } from '#platform/kafka';
import { toQuarantineEntry, type QuarantineEntry } from './quarantine-entry.js';

/** The part of the log reader that is needed here. */
export interface LogSource {
  ends(topic: string): Promise<readonly { readonly partition: number; readonly low: number; readonly high: number }[]>;
  offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, number | null>>;
  read(topic: string, partition: number, fromOffset: number, toOffset?: number): AsyncIterable<readonly LogRecord[]>;
}

/** A stretch of one partition, `to` exclusive. */
export interface LogStretch {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/**
 * What the quarantine holds now. Fixed once, so that a command which makes records come back to it does not run after them.
 *
 * @param sinceMs leaves out what was written before, ms since epoch. A stage writes a record after the time at which the
 *   record says it was refused, so that nothing refused since then is left out.
 */
export async function stretchesOf(log: LogSource, topic: string, sinceMs?: number): Promise<readonly LogStretch[]> {
  const ends = await log.ends(topic);
  const starts = sinceMs === undefined ? undefined : await log.offsetsAt(topic, sinceMs);
  return ends.map(({ partition, low, high }) => ({
    partition,
    from: Math.max(low, starts === undefined ? low : (starts.get(partition) ?? high)),
    to: high,
  }));
}

/** The records of those stretches, partition by partition, oldest first. */
export async function* readQuarantine(
  log: LogSource,
  topic: string,
  stretches: readonly LogStretch[],
): AsyncGenerator<QuarantineEntry> {
  for (const { partition, from, to } of stretches) {
    if (from >= to) continue;
    for await (const records of log.read(topic, partition, from, to)) {
      for (const record of records) yield toQuarantineEntry(partition, record);
    }
  }
}

/** Records by their position; undefined for one that was never there or is gone. */
export async function readEntry(
  log: LogSource,
  topic: string,
  { partition, offset }: { readonly partition: number; readonly offset: number },
): Promise<QuarantineEntry | undefined> {
  const ends = (await log.ends(topic)).find((end) => end.partition === partition);
  if (!ends || offset < ends.low || offset >= ends.high) return undefined;
  for await (const entry of readQuarantine(log, topic, [{ partition, from: offset, to: offset + 1 }])) {
    if (entry.offset === offset) return entry;
  }
  return undefined;
}
