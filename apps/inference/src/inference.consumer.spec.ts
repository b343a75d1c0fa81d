import type { PartitionLease, StageContext, StageRecord } from '#platform/kafka';
import type { Log } from '#platform/telemetry';
import { InferenceConsumer } from './inference.consumer.js';
import type { Champion, ChampionMark } from './models/champion.js';
import type { Champions } from './models/champions.js';
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
  const mark: ChampionMark = { version: '2', since: '2026-01-02T00:00:00Z' };
  let asked: (ChampionMark | null | undefined)[];
  let held: number;
  let failing: Error | null;
  let consumer: InferenceConsumer;

  beforeEach(() => {
    asked = [];
    held = 0;
    failing = null;
    const champion = {
      mark,
      version: { version: '2', sha256: '', output: { width: 1 } },
      score: async () => {
        if (failing !== null) throw failing;
        return { scores: new Float64Array(1), classScores: null, problems: new Map() };
      },
      letGo: () => void held--,
    } as unknown as Champion;
    const champions = {
      acquire: (_: unknown, notBefore: ChampionMark | null) => {
        asked.push(notBefore);
        held++;
        return champion;
      },
    } as unknown as Champions;
    const programs = new ScoringPrograms({ encoderFor: () => () => Buffer.alloc(0) });
    consumer = new InferenceConsumer(programs, champions, { debug() {} } as unknown as Log);
  });

  const handle = (of: PartitionLease) =>
    consumer.onValidated([{ value: { id: 'a' }, headers: {} } as unknown as StageRecord], context(of));

  it('leaves the champion in the checkpoint and lets the model go', async () => {
    const { checkpoint } = await handle(lease(null));
    expect(checkpoint!(new Map())).toEqual({ champion: mark });
    expect(held).toBe(0);
  });

  it('asks a partition taken over for no older champion than its last, until it has scored itself', async () => {
    const inherited = { version: '1', since: '2026-01-01T00:00:00Z' };
    const taken = lease({ champion: inherited });
    await handle(taken);
    await handle(taken);
    await handle(lease(null));
    expect(asked).toEqual([inherited, null, null]);
  });

  it('lets the model go when a batch fails, and keeps what it inherited', async () => {
    const taken = lease({ champion: mark });
    failing = new Error('a bug');
    await expect(handle(taken)).rejects.toMatchObject({ reason: failing });
    failing = null;
    await handle(taken);
    expect(asked).toEqual([mark, mark]);
    expect(held).toBe(0);
  });
});
