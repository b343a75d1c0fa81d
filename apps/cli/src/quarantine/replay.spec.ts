import { HEADER } from '#contracts';
import type { LogRecord } from '#platform/kafka';
import { toQuarantineEntry } from './quarantine-entry.js';
import { findReplayed, type LogSource } from './read-quarantine.js';
import { planReplay, toReplayMessage } from './replay.js';
import { replayEntries } from './replay-quarantine.js';

function record(offset: number, headers: Record<string, string> = {}): LogRecord {
  return {
    offset,
    timestampMs: 1_000,
    key: Buffer.from('key'),
    value: Buffer.from([0, 0, 0, 0, 7, 1]),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
  };
}

function quarantined(offset: number, headers: Record<string, string> = {}): LogRecord {
  return record(offset, {
    ce_id: 'e-1',
    [HEADER.quarantineStage]: 'validation',
    [HEADER.quarantineReason]: 'range',
    [HEADER.quarantineMessage]: 'amount is 7, at most 5 is allowed',
    [HEADER.quarantineAt]: '2026-01-01T00:00:00.000Z',
    [HEADER.quarantineTopic]: 'fraud.events',
    [HEADER.quarantinePartition]: '2',
    [HEADER.quarantineOffset]: '40',
    [HEADER.quarantineTimestamp]: '900',
    [HEADER.attempt]: '1',
    ...headers,
  });
}

describe('toQuarantineEntry', () => {
  it('reads where a record came from and why it was set aside', () => {
    expect(toQuarantineEntry(2, quarantined(17))).toMatchObject({
      id: '2-17',
      stage: 'validation',
      reason: 'range',
      attempt: 1,
      quarantinedAtMs: Date.UTC(2026, 0, 1),
      origin: { topic: 'fraud.events', partition: 2, offset: 40, timestampMs: 900 },
    });
  });

  it('survives a record that somebody else put there', () => {
    expect(toQuarantineEntry(0, record(3))).toMatchObject({
      reason: 'unknown',
      origin: { topic: 'unknown', partition: -1 },
    });
  });
});

describe('toReplayMessage', () => {
  it('puts the original back, with the next attempt and the mark of the replay', () => {
    const message = toReplayMessage(toQuarantineEntry(2, quarantined(17)));
    expect(message).toMatchObject({ topic: 'fraud.events', partition: 2, value: Buffer.from([0, 0, 0, 0, 7, 1]) });
    expect(
      Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)])),
    ).toEqual({
      ce_id: 'e-1',
      [HEADER.attempt]: '2',
      [HEADER.replayOf]: '2-17',
    });
  });

  it('keeps a missing key missing', () => {
    const keyless = { ...quarantined(1), key: null };
    expect(toReplayMessage(toQuarantineEntry(0, keyless)).key).toBeNull();
  });
});

describe('planReplay', () => {
  const first = toQuarantineEntry(2, quarantined(17));
  const second = toQuarantineEntry(2, quarantined(18));
  const stray = toQuarantineEntry(0, record(3));

  it('leaves alone what was replayed, and what has no home', () => {
    const plan = planReplay([first, second, stray], new Set(['2-17']), false);
    expect(plan).toEqual({ replay: [second], alreadyReplayed: [first], homeless: [stray] });
  });

  it('replays again when asked to', () => {
    expect(planReplay([first], new Set(['2-17']), true).replay).toEqual([first]);
  });
});

describe('findReplayed', () => {
  it('finds marks on the original partition, from the earliest original on', async () => {
    const reads: unknown[] = [];
    const log: LogSource = {
      ends: async () => [],
      async *read(topic, partition, fromOffset) {
        reads.push([topic, partition, fromOffset]);
        yield [record(50, { [HEADER.replayOf]: '2-18' }), record(51, { [HEADER.replayOf]: '9-9' })];
      },
    };
    const entries = [
      toQuarantineEntry(2, quarantined(17, { [HEADER.quarantineOffset]: '44' })),
      toQuarantineEntry(2, quarantined(18)),
    ];
    expect(await findReplayed(log, entries)).toEqual(new Set(['2-18']));
    expect(reads).toEqual([['fraud.events', 2, 40]]);
  });
});

describe('replayEntries', () => {
  const entries = Array.from({ length: 250 }, (_, offset) => toQuarantineEntry(0, quarantined(offset)));

  it('publishes in order, each batch acknowledged before the next', async () => {
    const sizes: number[] = [];
    const publish = async (messages: readonly unknown[]): Promise<void> => void sizes.push(messages.length);
    expect(await replayEntries(entries, { publish })).toBe(250);
    expect(sizes).toEqual([100, 100, 50]);
  });

  it('stops between batches when it is interrupted', async () => {
    const interrupt = new AbortController();
    const publish = async (): Promise<void> => interrupt.abort();
    expect(await replayEntries(entries, { publish, signal: interrupt.signal })).toBe(100);
  });

  it('splits by bytes, so that large records fit their topic', async () => {
    const large = entries.slice(0, 3).map((entry) => ({ ...entry, value: Buffer.alloc(200 << 10) }));
    const sizes: number[] = [];
    await replayEntries(large, { publish: async (messages) => void sizes.push(messages.length) });
    expect(sizes).toEqual([1, 1, 1]);
  });
});
