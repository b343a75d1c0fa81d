import { HEADER, type AvroRecordSchema, type PipelineDefinition, type PredictionRecord } from '#contracts';
import type { StageRecord } from '#platform/kafka';
import { createInferencePipeline } from './inference.pipeline.js';
import type { Champion } from './models/champion.js';
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

/** Gives [1 − x, x] as class scores; refuses x = 0.125. */
const champion = {
  version: { version: '3', sha256: 'abc', output: { output: 'p', width: 2, scoreColumn: null } },
  score: async (rows: readonly (readonly number[])[]) => {
    const problems = new Map(rows.flatMap(([x], i) => (x === 0.125 ? [[i, "the model's p is NaN"] as const] : [])));
    const scores = Float64Array.from(rows, ([x]) => Math.max(x!, 1 - x!));
    return { scores, classScores: Float64Array.from(rows.flatMap(([x]) => [1 - x!, x!])), problems };
  },
} as unknown as Champion;

const record = (amount: number, offset: number, headers: StageRecord['headers'] = {}): StageRecord => ({
  topic: 'payments.validated',
  partition: 5,
  offset,
  timestampMs: 0,
  key: null,
  value: { id: `p${offset}`, card: 'c', at: 1_000, amount },
  raw: Buffer.alloc(0),
  schemaId: 1,
  headers,
  traceId: offset === 0 ? 'a'.repeat(32) : '',
  spanContext: undefined,
});

async function run(records: readonly StageRecord[]) {
  const encoded: PredictionRecord[] = [];
  const programs = new ScoringPrograms({
    encoderFor: () => (value) => {
      encoded.push(value as PredictionRecord);
      return Buffer.from(String(encoded.length - 1));
    },
  });
  const outcomes = await createInferencePipeline(programs.of(pipeline), champion, () => 2_000)(records);
  return { outcomes, encoded };
}

describe('inferencePipeline', () => {
  it('gives each event its own outcome, in order', async () => {
    const { outcomes, encoded } = await run([record(2, 0), record(0, 1), record(8, 2), record(4, 3)]);
    expect(outcomes).toEqual([
      { kind: 'emit', messages: [expect.objectContaining({ topic: 'payments.predictions', partition: 5, key: 'c' })] },
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
      event_key: 'c',
      event_time: 1_000,
      model: 'payments',
      model_version: '3',
      model_sha256: 'abc',
      features: { inverse: 0.5 },
      flags: ['a', 'b'],
      predicted_at: 2_000,
      trace_id: 'a'.repeat(32),
      source: 'stream',
      input_topic: 'payments.validated',
      input_partition: 5,
      input_offset: 0,
      pipeline_revision: 7,
      event: { id: 'p0', card: 'c', at: 1_000, amount: 2 },
    });
    expect(outcomes[0]).toMatchObject({
      messages: [
        { headers: { [HEADER.ceId]: 'p0', [HEADER.ceType]: 'eddyline.payments.prediction', [HEADER.ceTime]: '1970-01-01T00:00:02.000Z' } },
      ],
    }); // prettier-ignore
  });
});
