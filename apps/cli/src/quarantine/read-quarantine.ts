import { HEADER } from '#contracts';
import type { LogRecord } from '#platform/kafka';
import { toQuarantineEntry, type QuarantineEntry } from './quarantine-entry.js';

/** The part of the log reader that is needed here. */
export interface LogSource {
  ends(topic: string): Promise<readonly { readonly partition: number; readonly low: number; readonly high: number }[]>;
  read(topic: string, partition: number, fromOffset: number, toOffset?: number): AsyncIterable<readonly LogRecord[]>;
}

/** Every record of a quarantine topic, partition by partition, oldest first. */
export async function* readQuarantine(log: LogSource, topic: string): AsyncGenerator<QuarantineEntry> {
  for (const { partition, low, high } of await log.ends(topic)) {
    for await (const records of log.read(topic, partition, low, high)) {
      for (const record of records) yield toQuarantineEntry(partition, record);
    }
  }
}

export async function readEntry(
  log: LogSource,
  topic: string,
  position: { readonly partition: number; readonly offset: number },
): Promise<QuarantineEntry | undefined> {
  const ends = (await log.ends(topic)).find(({ partition }) => partition === position.partition);
  if (!ends || position.offset < ends.low || position.offset >= ends.high) return undefined;
  for await (const records of log.read(topic, position.partition, position.offset, position.offset + 1)) {
    const record = records.find(({ offset }) => offset === position.offset);
    if (record) return toQuarantineEntry(position.partition, record);
  }
  return undefined;
}

/**
 * Ids of quarantine records that were replayed: what `eddyline_replay_of` says on the topics they came from. A replay is
 * always behind the record it repeats, so each partition is read from the earliest of those records on.
 */
export async function findReplayed(log: LogSource, entries: readonly QuarantineEntry[]): Promise<ReadonlySet<string>> {
  const wanted = new Set(entries.map((entry) => entry.id));
  const replayed = new Set<string>();
  for (const [topic, starts] of earliestOffsets(entries)) {
    for (const [partition, fromOffset] of starts) {
      for await (const records of log.read(topic, partition, fromOffset)) {
        for (const { headers } of records) {
          const id = headers[HEADER.replayOf]?.toString('utf8');
          if (id !== undefined && wanted.has(id)) replayed.add(id);
        }
      }
    }
  }
  return replayed;
}

function earliestOffsets(entries: readonly QuarantineEntry[]): Map<string, Map<number, number>> {
  const topics = new Map<string, Map<number, number>>();
  for (const { origin } of entries) {
    if (origin.partition < 0 || origin.topic === 'unknown') continue;
    let partitions = topics.get(origin.topic);
    if (!partitions) topics.set(origin.topic, (partitions = new Map()));
    const known = partitions.get(origin.partition);
    if (known === undefined || origin.offset < known) partitions.set(origin.partition, Math.max(0, origin.offset));
  }
  return topics;
}
