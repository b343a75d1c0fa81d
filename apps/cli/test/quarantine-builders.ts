import { HEADER } from '#contracts';
import type { LogRecord } from '#platform/kafka';
import type { OutboundMessage } from '#platform/outcomes';
import type { LogSource } from '../src/quarantine/read-quarantine.js';
import { SendFailed, type ReplaySender } from '../src/quarantine/replay-quarantine.js';

export function aRecord(offset: number, headers: Readonly<Record<string, string>> = {}, atMs = 1_000): LogRecord {
  return {
    offset,
    timestampMs: atMs,
    key: Buffer.from('key'),
    value: Buffer.from([0, 0, 0, 0, 7, 1]),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
  };
}

/** A record as a stage writes it to `fraud.quarantine`. */
export function aQuarantined(offset: number, headers: Readonly<Record<string, string>> = {}): LogRecord {
  return aRecord(offset, {
    ce_id: 'e-1',
    [HEADER.quarantineStage]: 'validation',
    [HEADER.quarantineReason]: 'range',
    [HEADER.quarantineMessage]: 'amount is 7, at most 5 is allowed',
    [HEADER.quarantineAt]: '2026-01-01T00:00:00.000Z',
    [HEADER.quarantineTopic]: 'fraud.events',
    [HEADER.quarantinePartition]: '2',
    [HEADER.quarantineOffset]: String(1_000 + offset),
    [HEADER.quarantineTimestamp]: '900',
    [HEADER.attempt]: '1',
    ...headers,
  });
}

/** Topics in memory. What is sent in one transaction appears together, or not at all. */
export class MemoryLog implements LogSource {
  private readonly partitions = new Map<string, LogRecord[]>();

  of(topic: string, partition: number): LogRecord[] {
    const where = `${topic}/${partition}`;
    let records = this.partitions.get(where);
    if (records === undefined) this.partitions.set(where, (records = []));
    return records;
  }

  async ends(topic: string): Promise<{ partition: number; low: number; high: number }[]> {
    return this.partitionsOf(topic).map((partition) => {
      const records = this.of(topic, partition);
      return { partition, low: records[0]?.offset ?? 0, high: (records.at(-1)?.offset ?? -1) + 1 };
    });
  }

  async offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, number | null>> {
    return new Map(
      this.partitionsOf(topic).map((partition) => [
        partition,
        this.of(topic, partition).find((record) => record.timestampMs >= timestampMs)?.offset ?? null,
      ]),
    );
  }

  async *read(topic: string, partition: number, from: number, to = Infinity): AsyncGenerator<readonly LogRecord[]> {
    for (const record of [...this.of(topic, partition)])
      if (record.offset >= from && record.offset < to) yield [record];
  }

  append({ topic, partition = 0, key, value, headers }: OutboundMessage): void {
    const records = this.of(topic, partition);
    records.push({
      offset: (records.at(-1)?.offset ?? -1) + 1,
      timestampMs: 2_000,
      key: key === null ? null : Buffer.from(key),
      value,
      headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(text)])),
    });
  }

  private partitionsOf(topic: string): number[] {
    return [...this.partitions.keys()]
      .filter((where) => where.startsWith(`${topic}/`))
      .map((where) => Number(where.slice(topic.length + 1)))
      .sort((a, b) => a - b);
  }
}

export type Fate = 'commits' | 'aborts' | 'commits, and nobody hears' | 'is fenced';

/** Sends to a log in memory; `fateOf` decides about each transaction, counted from 0 over all senders. */
export class FatedTransactions {
  sends: (readonly OutboundMessage[])[] = [];
  opened = 0;

  constructor(
    private readonly log: MemoryLog,
    private readonly fateOf: (transaction: number) => Fate = () => 'commits',
    private readonly limitBytes = Infinity,
  ) {}

  readonly open = async (): Promise<ReplaySender> => {
    this.opened++;
    return { send: async (messages) => this.send(messages), close: async () => undefined };
  };

  private send(messages: readonly OutboundMessage[]): void {
    const fate = this.fateOf(this.sends.length);
    this.sends.push(messages);
    if (messages.some(({ value }) => (value?.length ?? 0) > this.limitBytes)) {
      throw new SendFailed('too_large', 'a record is too large');
    }
    if (fate === 'is fenced') throw new SendFailed('fenced', 'fenced');
    if (fate !== 'aborts') for (const message of messages) this.log.append(message);
    if (fate !== 'commits') throw new SendFailed('unknown', 'no answer');
  }
}
