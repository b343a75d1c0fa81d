import type { PartitionLease, StageContext, StageRecord } from '#platform/kafka';
import type { Log } from '#platform/telemetry';
import { InferenceConsumer } from './inference.consumer.js';
import type { ServedModels } from './models/served-models.js';
import type { ServingMark, ServingPair } from './models/serving-pair.js';
import { ScoringPrograms } from './scoring/scoring-program.js';

const pipeline = {
  definition: {
    name: 'payments',
    event: { schema: { type: 'record', name: 'P', fields: [{ name: 'id', type: 'string' }] }, id: 'id', key: 'id', time: 'id' },
    features: [],
    expectations: [],
    model: { task: 'binary-classification', threshold: 0.5 },
  },
  schemaIds: { event: 1, prediction: 2 },
} as unknown as StageContext['pipeline']; // prettier-ignore

const lease = (checkpoint: unknown): PartitionLease => ({ checkpoint }) as PartitionLease;
const context = (of: PartitionLease): StageContext =>
  ({ pipeline, topic: 'payments.validated', partition: 0, lease: of }) as StageContext;

describe('InferenceConsumer', () => {
  const mark: ServingMark = { sequence: 7, champion: '2' };
  let asked: (ServingMark | null | undefined)[];
  let held: number;
  let failing: Error | null;
  let consumer: InferenceConsumer;

  beforeEach(() => {
    asked = [];
    held = 0;
    failing = null;
    const champion = {
      version: { version: '2', sha256: '', output: { width: 1 } },
      score: async () => {
        if (failing !== null) throw failing;
        return { scores: new Float64Array(1), classScores: null, problems: new Map(), scoringMs: 1 };
      },
    };
    const pair = { mark, champion, challenger: null, letGo: () => void held-- } as unknown as ServingPair;
    const models = {
      acquire: (_: unknown, notBefore: ServingMark | null) => {
        asked.push(notBefore);
        held++;
        return pair;
      },
    } as unknown as ServedModels;
    const programs = new ScoringPrograms({ encoderFor: () => () => Buffer.alloc(0) }, { flags: () => [] });
    consumer = new InferenceConsumer(programs, models, { debug() {} } as unknown as Log);
  });

  const handle = (of: PartitionLease) =>
    consumer.onValidated([{ value: { id: 'a' }, headers: {} } as unknown as StageRecord], context(of));

  it('leaves in the checkpoint what served, and lets the models go', async () => {
    const { checkpoint } = await handle(lease(null));
    expect(checkpoint!(new Map())).toEqual({ serving: mark });
    expect(held).toBe(0);
  });

  it('asks a partition taken over for nothing older than its last, until it has scored itself', async () => {
    const inherited = { sequence: 6, champion: '1' };
    const taken = lease({ serving: inherited });
    await handle(taken);
    await handle(taken);
    await handle(lease(null));
    expect(asked).toEqual([inherited, null, null]);
  });

  it('lets the models go when a batch fails, and keeps what it inherited', async () => {
    const taken = lease({ serving: mark });
    failing = new Error('a bug');
    await expect(handle(taken)).rejects.toMatchObject({ reason: failing });
    failing = null;
    await handle(taken);
    expect(asked).toEqual([mark, mark]);
    expect(held).toBe(0);
  });

  it('takes over a checkpoint from before there were challengers', async () => {
    await handle(lease({ champion: { version: '1', since: '2026-01-01T00:00:00Z' } }));
    expect(asked).toEqual([null]);
  });
});
