import fc from 'fast-check';
import type { Expectation, PipelineFlag } from '#contracts';
import type { StageRecord } from '#platform/kafka';
import { aDefinition, applied, aRecord, JsonCodecs, PartitionLog, type Reading } from '../test/partition-log.js';
import { ValidationConsumer } from './validation.consumer.js';

const START = Date.UTC(1996, 4, 7);
const NO_FLAGS = { flags: () => [] };

const EXPECTATIONS: readonly Expectation[] = [
  { name: 'price.range', on: 'impute', kind: 'range', field: 'price', min: 0, max: 60, imputeWith: 1 },
  { name: 'at.timeliness', on: 'quarantine', kind: 'timeliness', field: 'at', maxLatenessMs: 400 },
  {
    name: 'price.outlier',
    on: 'quarantine',
    kind: 'outlier',
    field: 'price',
    method: 'mad',
    threshold: 2,
    window: 8,
    minRows: 4,
  },
];

const FIRST = applied(aDefinition({ expectations: EXPECTATIONS, dedupeWindowMs: 250 }), 1);
/** Remembers more ids and more values than the first. */
const SECOND = applied(
  aDefinition({
    dedupeWindowMs: 400,
    expectations: [
      ...EXPECTATIONS.slice(1),
      { ...EXPECTATIONS[2]!, name: 'wide', window: 20, on: 'flag' } as Expectation,
    ],
  }),
  2,
);

const reading = fc.record({
  id: fc.integer({ min: 0, max: 60 }).map((n) => `r-${n}`),
  // A pause now and then empties the window of ids, but not that of values.
  step: fc.oneof(
    { weight: 30, arbitrary: fc.integer({ min: -90, max: 100 }) },
    { weight: 1, arbitrary: fc.constant(500) },
  ),
  // Close to where an outlier begins, so that a wrong window shows.
  price: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 9 }) },
    { weight: 2, arbitrary: fc.integer({ min: 10, max: 80 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
});

/** Readings whose times drift forward, with steps back. */
function readingsOf(steps: readonly { id: string; step: number; price: number | null }[]): Reading[] {
  let at = START;
  return steps.map(({ id, step, price }) => ({ id, at: (at += step), price }));
}

const batch = fc.record({
  size: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 300 })),
  fate: fc.constantFrom('commit' as const, 'commit' as const, 'abort' as const, 'crash after commit' as const),
});

/** Runs the records through consumers; each crash or abort is followed by a new process. */
async function run(
  records: readonly StageRecord[],
  changeAt: number,
  batches: readonly { size: number; fate: 'commit' | 'abort' | 'crash after commit' }[],
): Promise<PartitionLog> {
  const partition = new PartitionLog('readings');
  let consumer = new ValidationConsumer(new JsonCodecs(), NO_FLAGS);
  for (let turn = 0; partition.position < records.length; turn++) {
    const { size, fate } = batches[turn] ?? { size: records.length, fate: 'commit' as const };
    const from = partition.position;
    const definition = from < changeAt ? FIRST : SECOND;
    const to = from < changeAt ? Math.min(from + size, changeAt) : from + size;
    await partition.deliver((...args) => consumer.onEvents(...args), records.slice(from, to), definition, fate);
    if (fate !== 'commit') consumer = new ValidationConsumer(new JsonCodecs(), NO_FLAGS);
  }
  return partition;
}

describe('the validation consumer', () => {
  it('decides the same with crashes, aborted transactions and a change of definition as without any', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(reading, { minLength: 1, maxLength: 1_500, size: 'max' }),
        fc.integer({ min: 0, max: 1_500 }),
        fc.array(batch, { maxLength: 200, size: 'max' }),
        async (steps, changeAt, batches) => {
          const records = readingsOf(steps).map((event, offset) => aRecord(event, { offset }));
          const undisturbed = await run(records, changeAt, []);
          const disturbed = await run(records, changeAt, batches);
          expect(disturbed.outcomes).toEqual(undisturbed.outcomes);
          expect(disturbed.log.map(({ value }) => value)).toEqual(undisturbed.log.map(({ value }) => value));
        },
      ),
      // Shrinking 1,500 records takes long, and the seed tells as much.
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('meets every kind of outcome in such a run', async () => {
    const steps = fc.sample(fc.array(reading, { minLength: 150, maxLength: 150 }), { numRuns: 20, seed: 7 });
    const kinds = new Set<string>();
    for (const one of steps) {
      const { outcomes } = await run(
        readingsOf(one).map((event) => aRecord(event)),
        75,
        [],
      );
      for (const outcome of outcomes) kinds.add(outcome.kind === 'emit' ? 'emit' : `${outcome.kind} ${outcome.reason}`);
    }
    expect([...kinds].sort()).toEqual(['drop duplicate', 'emit', 'quarantine late', 'quarantine outlier']);
  });

  it('reads no more of the log than the definition remembers', async () => {
    const partition = new PartitionLog('readings');
    const definition = applied(aDefinition({ dedupeWindowMs: 1_000 }));
    const consumer = new ValidationConsumer(new JsonCodecs(), NO_FLAGS);
    for (let turn = 0; turn < 20; turn++) {
      const records = Array.from({ length: 1_000 }, (_, i) => {
        const n = turn * 1_000 + i;
        return aRecord({ id: `r-${n}`, at: START + n, price: 1 });
      });
      await partition.deliver(
        (...args) => consumer.onEvents(...args),
        records,
        definition,
        turn === 19 ? 'crash after commit' : 'commit',
      );
    }
    const restarted = new ValidationConsumer(new JsonCodecs(), NO_FLAGS);
    const reads: number[] = [];
    await partition.deliver(
      (records, context) => {
        const { lease } = context;
        const spied = {
          ...lease,
          readLog: (topic: string, number: number, from: number) => (
            reads.push(from),
            lease.readLog(topic, number, from)
          ),
        };
        return restarted.onEvents(records, { ...context, lease: spied });
      },
      [aRecord({ id: 'r-19500', at: START + 19_500, price: 1 })],
      definition,
      'crash after commit',
    );
    expect(partition.outcomes.at(-1)).toEqual({ kind: 'drop', reason: 'duplicate' });
    // 20 batches of 1,000 and a marker each; the window of 1,000 ms reaches into the last but one.
    expect(reads).toEqual([18 * 1_001]);
  });
});

describe('the watermark', () => {
  it('is not moved beyond the time of publication by an event from the future', async () => {
    const lateness = EXPECTATIONS[1]!;
    const definition = applied(aDefinition({ expectations: [lateness] }));
    const partition = new PartitionLog('readings');
    const consumer = new ValidationConsumer(new JsonCodecs(), NO_FLAGS);
    const timestampMs = START + 1_000;
    await partition.deliver(
      (...args) => consumer.onEvents(...args),
      [
        aRecord({ id: 'future', at: Date.UTC(2099, 0, 1), price: 1 }, { timestampMs }),
        aRecord({ id: 'now', at: START + 900, price: 1 }, { timestampMs }),
        aRecord({ id: 'late', at: START + 599, price: 1 }, { timestampMs }),
      ],
      definition,
      'commit',
    );
    expect(partition.outcomes.map(({ kind }) => kind)).toEqual(['emit', 'emit', 'quarantine']);
  });
});

describe('a rule that is switched off', () => {
  const range: Expectation = { name: 'price.range', on: 'quarantine', kind: 'range', field: 'price', max: 1 };
  const definition = applied(aDefinition({ expectations: [range] }));
  const flag = { target: 'rule:price.range', on: false, value: null, since: '', changedBy: '', reason: '' };
  const dear = Array.from({ length: 400 }, (_, n) => aRecord({ id: `r-${n}`, at: START + n, price: 2 }));
  let flags: readonly PipelineFlag[];
  let consumer: ValidationConsumer;
  let partition: PartitionLog;
  beforeEach(() => {
    flags = [];
    consumer = new ValidationConsumer(new JsonCodecs(), { flags: () => flags });
    partition = new PartitionLog('readings');
  });
  const kinds = async (records: readonly StageRecord[]) => {
    const before = partition.outcomes.length;
    await partition.deliver((...args) => consumer.onEvents(...args), records, definition, 'commit');
    return new Set(partition.outcomes.slice(before).map(({ kind }) => kind));
  };

  it('is not checked until it is on again', async () => {
    const [first, second, third] = dear;
    expect(await kinds([first!])).toEqual(new Set(['quarantine']));
    flags = [{ ...flag, share: 1 }];
    expect(await kinds([second!])).toEqual(new Set(['emit']));
    flags = [{ ...flag, on: true, share: 1 }];
    expect(await kinds([third!])).toEqual(new Set(['quarantine']));
  });

  it('is not checked for its share of the keys', async () => {
    flags = [{ ...flag, share: 0.5 }];
    expect(await kinds(dear)).toEqual(new Set(['emit', 'quarantine']));
  });
});
