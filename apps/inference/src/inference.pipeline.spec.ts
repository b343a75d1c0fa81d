import {
  HEADER,
  type AvroRecordSchema,
  type PipelineDefinition,
  type PipelineFlag,
  type PredictionRecord,
} from '#contracts';
import { isChallenger } from '#domain/routing';
import type { StageRecord } from '#platform/kafka';
import { createInferencePipeline } from './inference.pipeline.js';
import type { ServedModel } from './models/served-model.js';
import type { Challenger } from './models/serving-pair.js';
import { ScoringPrograms } from './scoring/scoring-program.js';

const schema: AvroRecordSchema = {
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'card', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'amount', type: 'double' },
  ],
};
const definition: PipelineDefinition = {
  name: 'payments',
  event: { schema, id: 'id', key: 'card', time: 'at' },
  expectations: [],
  dedupeWindowMs: null,
  features: [{ kind: 'cel', name: 'inverse', expression: '1.0 / event.amount', type: 'number' }],
  model: { task: 'multiclass-classification', threshold: 0.5 },
  topics: { partitions: 1, replicationFactor: 1, retentionMs: 1, maxMessageBytes: 1 },
};
const pipeline = { definition, revision: 7, sha256: '', appliedAt: '', appliedBy: '', schemaIds: { event: 1, prediction: 2 } }; // prettier-ignore

type Row = readonly (number | null)[];

/** Gives [1 − x, x] as class scores; refuses x = `refused`. */
const aModel = (version: string, refused: number): ServedModel =>
  ({
    version: { version, sha256: `abc${version}`, output: { output: 'p', width: 2, scoreColumn: null } },
    score: async (rows: readonly Row[]) => {
      const given = rows.map(([x]) => x ?? 0.9);
      const problems = new Map(given.flatMap((x, i) => (x === refused ? [[i, "the model's p is NaN"] as const] : [])));
      const scores = Float64Array.from(given, (x) => Math.max(x, 1 - x));
      return { scores, classScores: Float64Array.from(given.flatMap((x) => [1 - x, x])), problems, scoringMs: 1.5 };
    },
  }) as unknown as ServedModel;

const champion = aModel('3', 0.125);

const record = (amount: number, offset: number, headers: StageRecord['headers'] = {}): StageRecord => ({
  topic: 'payments.validated',
  partition: 5,
  offset,
  timestampMs: 0,
  key: null,
  value: { id: `p${offset}`, card: `c${offset % 500}`, at: 1_000, amount },
  raw: Buffer.alloc(0),
  schemaId: 1,
  headers,
  traceId: offset === 0 ? 'a'.repeat(32) : '',
  spanContext: undefined,
});

async function run(
  records: readonly StageRecord[],
  { challenger = null, flags = [] }: { challenger?: Challenger | null; flags?: readonly PipelineFlag[] } = {},
) {
  const encoded: PredictionRecord[] = [];
  const encoderFor = () => (value: unknown) => {
    encoded.push(value as PredictionRecord);
    return Buffer.from(String(encoded.length - 1));
  };
  const programs = new ScoringPrograms({ encoderFor }, { flags: () => flags });
  const pair = { mark: { sequence: 1, champion: '3' }, champion, challenger, letGo() {} };
  const outcomes = await createInferencePipeline(programs.of(pipeline), pair as never, () => 2_000)(records);
  return { outcomes, encoded };
}

describe('inferencePipeline', () => {
  it('gives each event its own outcome, in order', async () => {
    const { outcomes, encoded } = await run([record(2, 0), record(0, 1), record(8, 2), record(4, 3)]);
    expect(outcomes).toEqual([
      { kind: 'emit', messages: [expect.objectContaining({ topic: 'payments.predictions', partition: 5, key: 'c0' })] },
      {
        kind: 'quarantine',
        reason: 'feature_error',
        message: 'feature inverse: `1.0 / event.amount` gave Infinity, expected a finite number.',
      },
      { kind: 'quarantine', reason: 'model_error', message: "model version 3: the model's p is NaN." },
      { kind: 'emit', messages: [expect.anything()] },
    ]);
    expect(encoded.map(({ event_id, score, class_scores, decision }) => [event_id, score, class_scores, decision])).toEqual([
      ['p0', 0.5, [0.5, 0.5], '0'],
      ['p3', 0.75, [0.75, 0.25], '0'],
    ]); // prettier-ignore
  });

  it('keeps everything that it takes to reproduce the prediction', async () => {
    const { outcomes, encoded } = await run([record(2, 0, { [HEADER.flags]: Buffer.from('a,b') })]);
    expect(encoded[0]).toMatchObject({
      event_key: 'c0',
      event_time: 1_000,
      model: 'payments',
      model_version: '3',
      model_sha256: 'abc3',
      role: 'champion',
      propensity: 1,
      features: { inverse: 0.5 },
      flags: ['a', 'b'],
      predicted_at: 2_000,
      scoring_ms: 1.5,
      trace_id: 'a'.repeat(32),
      source: 'stream',
      input_topic: 'payments.validated',
      input_partition: 5,
      input_offset: 0,
      pipeline_revision: 7,
      event: { id: 'p0', card: 'c0', at: 1_000, amount: 2 },
    });
    expect(outcomes[0]).toMatchObject({
      messages: [
        { headers: { [HEADER.ceId]: 'p0', [HEADER.ceType]: 'eddyline.payments.prediction', [HEADER.ceTime]: '1970-01-01T00:00:02.000Z' } },
      ],
    }); // prettier-ignore
  });

  describe('with a challenger', () => {
    let failures: [rows: number, error: unknown][];
    beforeEach(() => void (failures = []));
    const aChallenger = (parts: Partial<Challenger> = {}): Challenger => ({
      model: aModel('4', 0.25),
      mode: 'shadow',
      share: 0,
      salt: 'salt',
      failed: (rows, error) => void failures.push([rows, error]),
      ...parts,
    });
    /** By event: the records under each topic, as `<role> by <version> p=<propensity>`. */
    const told = ({ outcomes, encoded }: Awaited<ReturnType<typeof run>>) =>
      outcomes.map((outcome) =>
        outcome.kind !== 'emit'
          ? outcome.kind
          : Object.fromEntries(
              outcome.messages.map(({ topic, value }) => {
                const { role, model_version, propensity } = encoded[Number(String(value))]!;
                return [topic.replace('payments.', ''), `${role} by ${model_version} p=${propensity}`];
              }),
            ),
      );

    it('scores everything by both, and keeps apart what nobody acts on', async () => {
      const result = await run([record(2, 0), record(16, 1)], { challenger: aChallenger() });
      const each = { predictions: 'champion by 3 p=1', shadows: 'shadow by 4 p=1' };
      expect(told(result)).toEqual([each, each]);
      expect(result.outcomes[0]).toMatchObject({
        messages: [
          { topic: 'payments.predictions', partition: 5, key: 'c0' },
          {
            topic: 'payments.shadows',
            partition: 5,
            key: 'c0',
            headers: { [HEADER.ceType]: 'eddyline.payments.shadow' },
          },
        ],
      });
    });

    it.each([
      ['canary', 'canary'],
      ['ab', 'challenger'],
    ] as const)('%s: serves its share of the keys, and the same keys each time', async (mode, role) => {
      const records = Array.from({ length: 1_000 }, (_, offset) => record(2, offset));
      const all = told(await run(records, { challenger: aChallenger({ mode, share: 0.25 }) }));
      const theirs = { predictions: `${role} by 4 p=0.25`, shadows: 'shadow by 3 p=0.25' };
      const ours = { predictions: 'champion by 3 p=0.75', shadows: 'shadow by 4 p=0.75' };
      expect(all).toEqual(
        records.map(({ value }) => (isChallenger('salt', String(value['card']), 0.25) ? theirs : ours)),
      );
      expect(new Set(all.map((each) => JSON.stringify(each))).size).toBe(2);
    });

    it('is served by the champion where the challenger fails on a row, whoever it would have gone to', async () => {
      const challenger = aChallenger({ mode: 'canary', share: 1 });
      const result = await run([record(4, 0), record(2, 1, { [HEADER.flags]: Buffer.from('a') })], { challenger });
      expect(told(result)).toEqual([
        { predictions: 'champion by 3 p=1' },
        { predictions: 'canary by 4 p=1', shadows: 'shadow by 3 p=1' },
      ]);
      expect(result.encoded.map(({ flags }) => flags)).toEqual([['challenger_failed'], ['a'], ['a']]);
      expect(failures).toEqual([[1, undefined]]);
    });

    it.each([
      ['is not loaded', null, undefined],
      [
        'throws',
        { ...aModel('4', 0), score: () => Promise.reject(new Error('a bug')) } as unknown as ServedModel,
        new Error('a bug'),
      ],
    ])('serves everything by the champion where the challenger %s', async (_, model, error) => {
      const result = await run([record(4, 0), record(0, 1), record(2, 2)], {
        challenger: aChallenger({ model, mode: 'canary', share: 1 }),
      });
      const each = { predictions: 'champion by 3 p=1' };
      expect(told(result)).toEqual([each, 'quarantine', each]);
      expect(result.encoded.map(({ flags }) => flags)).toEqual([['challenger_failed'], ['challenger_failed']]);
      expect(failures).toEqual([[2, error]]);
    });

    it('quarantines what the champion refuses, though the challenger would score it', async () => {
      const result = await run([record(8, 0)], { challenger: aChallenger({ mode: 'canary', share: 1 }) });
      expect(told(result)).toEqual(['quarantine']);
      expect(result.encoded).toEqual([]);
    });
  });

  describe('with flags', () => {
    const aFlag = { on: false, value: null, share: 1, since: '', changedBy: '', reason: '' };

    it('gives a feature that is off as missing, also one that could not be computed', async () => {
      const { outcomes, encoded } = await run([record(0, 0)], { flags: [{ ...aFlag, target: 'feature:inverse' }] });
      expect(outcomes[0]!.kind).toBe('emit');
      expect(encoded[0]).toMatchObject({ features: { inverse: null }, score: 0.9 });
    });

    it('decides by the threshold that is set, and says which', async () => {
      const flags = [{ ...aFlag, target: 'threshold', on: true, value: 0.75, share: 0.5 }];
      const records = Array.from({ length: 200 }, (_, offset) => record(2, offset));
      const { encoded } = await run(records, { flags });
      expect(new Set(encoded.map(({ threshold }) => threshold))).toEqual(new Set([0.5, 0.75]));
      const again = await run(records, { flags });
      expect(again.encoded).toEqual(encoded);
    });
  });
});
