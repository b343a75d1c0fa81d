import { HEADER, topicOf } from '#contracts';
import { drop, emit, quarantine, Retriable, type Outcome } from '#platform/outcomes';
import { eventually } from '#platform/testing';
import type { Type } from '@nestjs/common';
import type {
  BatchHandlerOptions,
  IntentRange,
  ProducedOffsets,
  StageContext,
  StageRecord,
  StageResult,
} from '#platform/kafka';
import { BatchHandler } from '../src/index.js';
import { numbers, StreamHarness } from './stream-harness.js';

type NumberRecord = StageRecord<{ id: string; n: number }>;

function passOn(record: NumberRecord, { lease }: StageContext): Outcome {
  return emit({
    topic: topicOf(lease.pipeline, 'validated'),
    partition: record.partition,
    key: record.value.id,
    value: record.raw,
  });
}

/** Passes positive numbers on, drops zero, quarantines negative ones. */
async function sort(records: readonly NumberRecord[], context: StageContext): Promise<StageResult> {
  return {
    outcomes: records.map((record) => {
      if (record.value.n === 0) return drop('zero');
      if (record.value.n < 0) return quarantine('range', `n is ${record.value.n}, at least 0 is wanted`);
      return passOn(record, context);
    }),
    checkpoint: (produced: ProducedOffsets) => ({ produced: Object.fromEntries(produced) }),
  };
}

/** A controller class whose only handler is `handle`. */
function stageOf<R, C>(
  options: BatchHandlerOptions,
  handle: (records: readonly NumberRecord[], context: C) => Promise<R>,
): Type {
  class Stage {
    @BatchHandler(options)
    onEvents(records: readonly NumberRecord[], context: C): Promise<R> {
      return handle(records, context);
    }
  }
  return Stage;
}

describe('a transactional batch handler', () => {
  let harness: StreamHarness;
  const Sorting = stageOf({ from: 'events', delivery: 'transaction', maxRecords: 100 }, sort);

  beforeEach(async () => (harness = await StreamHarness.create()));
  afterEach(() => harness.close());

  it('commits outputs, quarantine records, drop counts and offsets together', async () => {
    await harness.publish([...numbers(500, 1), { id: 'zero-a', n: 0 }, { id: 'zero-b', n: 0 }, { id: 'minus', n: -7 }]);
    await harness.start(Sorting);
    await eventually(async () => expect(await harness.keys('quarantine')).toEqual(['minus']));
    await eventually(async () => expect(await harness.keys('validated')).toEqual(numbers(500, 1).map(({ id }) => id)));
    const committed = await harness.committed();
    const dropped = committed.map(({ dropped }) => dropped['zero'] ?? 0);
    expect(dropped[0]! + dropped[1]!).toBe(2);
    expect(committed.reduce((sum, { offset }) => sum + offset, 0)).toBe(503);
  });

  it('says in the quarantine record what happened, where it came from, and keeps the bytes', async () => {
    await harness.publishRaw(Buffer.from('{"plain":"json"}'), 1);
    await harness.publishRaw(harness.value('cut', 5).subarray(0, 7), 1);
    await harness.publishRaw(null, 1);
    await harness.publish([
      { id: 'filler', n: 1 },
      { id: 'good', n: 1 },
    ]);
    await harness.start(Sorting);
    await eventually(async () => expect(await harness.keys('validated')).toEqual(['filler', 'good']));
    const records = await harness.read('quarantine');
    expect(records.map(({ headers }) => String(headers[HEADER.quarantineReason]))).toEqual([
      'not_avro',
      'truncated',
      'empty_value',
    ]);
    expect(records.map(({ value }) => value)).toEqual([
      Buffer.from('{"plain":"json"}'),
      harness.value('cut', 5).subarray(0, 7),
      null,
    ]);
    const { headers } = records[1]!;
    expect(String(headers[HEADER.quarantineTopic])).toBe(topicOf(harness.name, 'events'));
    expect([String(headers[HEADER.quarantinePartition]), String(headers[HEADER.quarantineOffset])]).toEqual(['1', '1']);
    expect(String(headers[HEADER.quarantineStage])).toBe('stage');
    expect(String(headers[HEADER.attempt])).toBe('1');
  });

  it('goes on after a restart where the last transaction ended, with its checkpoint', async () => {
    await harness.publish(numbers(300, 1));
    const first = await harness.start(Sorting);
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(300));
    await first.stop();
    await harness.publish(numbers(300, 301));
    const checkpoints: unknown[] = [];
    const Remembering = stageOf({ from: 'events', delivery: 'transaction' }, async (records, context: StageContext) => {
      checkpoints.push(context.lease.checkpoint);
      return sort(records, context);
    });
    await harness.start(Remembering);
    await eventually(async () => expect(await harness.keys('validated')).toEqual(numbers(600, 1).map(({ id }) => id)));
    expect(checkpoints[0]).toMatchObject({ produced: expect.any(Object) as unknown });
  });

  it('waits for weather and hands the same records over again', async () => {
    let calls = 0;
    const Weathered = stageOf({ from: 'events', delivery: 'transaction' }, async (records, context: StageContext) => {
      if (++calls <= 2) throw new Retriable('registry_unreachable', 'the registry is away');
      return sort(records, context);
    });
    await harness.publish(numbers(40, 1));
    const { server } = await harness.start(Weathered);
    await eventually(() =>
      expect(server.stageStatuses()[0]).toMatchObject({
        state: 'waiting',
        reason: expect.stringContaining('away') as string,
      }),
    );
    await eventually(async () => expect(await harness.keys('validated')).toEqual(numbers(40, 1).map(({ id }) => id)));
    await eventually(() => expect(server.stageStatuses()[0]).toMatchObject({ state: 'running', reason: null }));
  });

  it('stops loudly on an unknown error, with the offsets where they were', async () => {
    const Broken = stageOf({ from: 'events', delivery: 'transaction' }, () => Promise.reject(new TypeError('a bug')));
    await harness.publish(numbers(10, 1));
    const { fatal } = await harness.start(Broken);
    await eventually(() => expect(fatal).toHaveLength(1));
    expect(String(fatal[0])).toContain('a bug');
    expect((await harness.committed()).map(({ offset }) => offset)).toEqual([-1, -1]);
    expect(await harness.keys('validated')).toEqual([]);
  });

  it('restores state from the outputs that it had committed', async () => {
    const sums: number[] = [];
    const Summing = stageOf({ from: 'events', delivery: 'transaction' }, async (records, context: StageContext) => {
      let count = 0;
      for await (const chunk of context.lease.readLog(topicOf(harness.name, 'validated'), context.partition, 0))
        count += chunk.length;
      sums.push(count);
      return { outcomes: records.map((record) => passOn(record, context)) };
    });
    await harness.publish(numbers(2, 1));
    const first = await harness.start(Summing);
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(2));
    await first.stop();
    await harness.publish(numbers(2, 3));
    await harness.start(Summing);
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(4));
    expect(sums).toEqual([0, 0, 1, 1]);
  });
});

describe('an intent batch handler', () => {
  let harness: StreamHarness;
  beforeEach(async () => (harness = await StreamHarness.create(1)));
  afterEach(() => harness.close());

  it('re-forms exactly the range it had begun, whatever the next fetch brings', async () => {
    const written: { range: IntentRange; ids: string[] }[] = [];
    let failing = true;
    const Sink = stageOf(
      { from: 'events', delivery: 'intent', maxRecords: 50 },
      async (records, { range }: StageContext & { range: IntentRange }) => {
        written.push({ range, ids: records.map(({ value }) => value.id) });
        if (failing && written.length === 2) throw new TypeError('died after the write, before the commit');
      },
    );
    await harness.publish(numbers(80, 1));
    const first = await harness.start(Sink);
    await eventually(() => expect(first.fatal).toHaveLength(1));
    await first.stop();
    failing = false;
    await harness.publish(numbers(100, 81));
    await harness.start(Sink);
    await eventually(() => expect(new Set(written.flatMap(({ ids }) => ids)).size).toBe(180));
    const [, died, repeated] = written;
    expect(repeated).toEqual({ ...died, range: { ...died!.range, repeated: true } });
    const byToken = new Map(written.map(({ range, ids }) => [range.token, ids]));
    expect([...byToken.values()].flat()).toEqual(numbers(180, 1).map(({ id }) => id));
    await eventually(async () => expect((await harness.committed())[0]).toMatchObject({ offset: 180, pending: null }));
  });
});
