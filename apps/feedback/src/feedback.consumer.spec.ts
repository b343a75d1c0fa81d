import {
  HEADER,
  type AppliedPipeline,
  type AvroRecordSchema,
  type LabelDefinition,
  type OutcomeRecord,
  type PredictionRecord,
} from '#contracts';
import type { LoggedPrediction } from '#platform/clickhouse';
import type { PartitionLease, StageContext, StageRecord } from '#platform/kafka';
import { Retriable, type Outcome, type OutboundMessage } from '#platform/outcomes';
import { FeedbackConsumer } from './feedback.consumer.js';
import { FeedbackMetrics } from './feedback-metrics.js';
import type { ServedPredictions } from './ports.js';

const HOUR_MS = 3_600_000;
const AT = Date.UTC(1996, 4, 7);
const SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'Label',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'said', type: 'boolean' },
    { name: 'known', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
};
const LABEL: LabelDefinition = {
  schema: SCHEMA,
  match: { by: 'id', field: 'id' },
  field: 'said',
  values: { kind: 'boolean' },
  time: 'known',
  revision: null,
  withinMs: HOUR_MS,
};
const PIPELINE = {
  definition: {
    name: 'grid',
    event: { schema: SCHEMA, id: 'id', key: 'id', time: 'known' },
    features: [],
    model: { task: 'binary-classification', threshold: 0.5 },
    label: LABEL,
  },
  schemaIds: { event: 1, prediction: 2, label: 3, outcome: 4 },
} as unknown as AppliedPipeline;

const aPrediction = (id: string): LoggedPrediction => ({
  record: { event_id: id, event_time: AT, trace_id: '' } as PredictionRecord,
  partition: 2,
  offset: 40,
  publishedAtMs: 5,
});

/** A log that holds these events, and stands where it is told. */
class SmallLog implements ServedPredictions {
  clock = Number.NEGATIVE_INFINITY;
  asked = 0;
  away = false;

  constructor(readonly ids: Set<string>) {}

  async byIds(ids: readonly string[]): Promise<ReadonlyMap<string, LoggedPrediction>> {
    this.asked++;
    if (this.away) throw new Retriable('clickhouse_unreachable', 'away');
    return new Map(ids.filter((id) => this.ids.has(id)).map((id) => [id, aPrediction(id)]));
  }

  byKeysAndTimes(): Promise<ReadonlyMap<string, LoggedPrediction>> {
    return Promise.resolve(new Map());
  }

  clockMs(): Promise<number> {
    return Promise.resolve(this.clock);
  }
}

function given(...ids: string[]) {
  const log = new SmallLog(new Set(ids));
  const codecs = { encoderFor: () => (outcome: unknown) => Buffer.from(JSON.stringify(outcome)) };
  const config = { labelGraceMs: 60_000, labelRetryMs: 60_000 };
  const consumer = new FeedbackConsumer({ of: () => log }, codecs, config, new FeedbackMetrics());
  const abort = new AbortController();
  const lease = {} as PartitionLease;
  const context = { pipeline: PIPELINE, lease, signal: abort.signal } as StageContext;
  return { log, consumer, context, abort };
}

const aRecord = (id: string, over: Partial<StageRecord> = {}): StageRecord => ({
  topic: 'grid.labels',
  partition: 2,
  offset: 7,
  timestampMs: 1_000,
  key: Buffer.from(id),
  value: { id, said: true, known: AT + HOUR_MS },
  raw: Buffer.from(id),
  schemaId: 3,
  headers: {},
  traceId: '',
  spanContext: undefined,
  ...over,
});

/** As the consumer itself has put it on the topic of waiting labels. */
function waiting(message: OutboundMessage, changes: Readonly<Record<string, string>> = {}): StageRecord {
  const headers = Object.entries({ ...message.headers, ...changes }).map(([name, value]) => [name, Buffer.from(value)]);
  const id = message.key!.toString();
  return aRecord(id, {
    topic: message.topic,
    offset: 99,
    timestampMs: message.timestampMs!,
    headers: Object.fromEntries(headers) as StageRecord['headers'],
  });
}

const messageOf = (outcome: Outcome | undefined): OutboundMessage => {
  if (outcome?.kind !== 'emit') throw new Error(JSON.stringify(outcome));
  return outcome.messages[0]!;
};
const soon = { [HEADER.labelNotBefore]: '0' };

describe('a label', () => {
  it('becomes an outcome on the partition of the same number, as old as it is', async () => {
    const { consumer, context } = given('e-1');
    const { outcomes } = await consumer.onLabels([aRecord('e-1')], context);
    const { topic, partition, key, timestampMs, value } = messageOf(outcomes[0]);
    expect({ topic, partition, key, timestampMs }).toEqual({
      topic: 'grid.outcomes',
      partition: 2,
      key: 'e-1',
      timestampMs: 1_000,
    });
    expect(JSON.parse(value!.toString()) as OutcomeRecord).toMatchObject({
      label: 1,
      label_time: AT + HOUR_MS,
      label_revision: AT + HOUR_MS,
      label_late: false,
      label_partition: 2,
      label_offset: 7,
      prediction_partition: 2,
      prediction_offset: 40,
    });
  });

  it('is late when it became known later than the pipeline waits', async () => {
    const { consumer, context } = given('e-1');
    const record = aRecord('e-1', { value: { id: 'e-1', said: true, known: AT + HOUR_MS + 1 } });
    const { outcomes } = await consumer.onLabels([record], context);
    expect(JSON.parse(messageOf(outcomes[0]).value!.toString())).toMatchObject({ label_late: true });
  });

  it('waits untouched, and keeps its place and its headers', async () => {
    const { consumer, context } = given();
    const headers = {
      own: Buffer.from('x'),
      [HEADER.labelSince]: Buffer.from('5'),
      [HEADER.labelAttempt]: Buffer.from('9'),
    };
    const { outcomes } = await consumer.onLabels([aRecord('e-1', { headers })], context);
    const first = messageOf(outcomes[0]);
    expect(first).toMatchObject({ topic: 'grid.label-retries', partition: 2, value: Buffer.from('e-1') });
    expect(first.headers).toMatchObject({
      own: Buffer.from('x'),
      [HEADER.labelAttempt]: '1',
      [HEADER.labelPartition]: '2',
      [HEADER.labelOffset]: '7',
      [HEADER.labelTimestamp]: '1000',
    });
    const again = messageOf((await consumer.onRetries([waiting(first, soon)], context)).outcomes[0]);
    expect(again.headers).toMatchObject({
      own: Buffer.from('x'),
      [HEADER.labelAttempt]: '2',
      [HEADER.labelOffset]: '7',
      [HEADER.labelSince]: String(first.headers![HEADER.labelSince]),
    });
    expect(Number(again.headers![HEADER.labelNotBefore]) - again.timestampMs!).toBe(2_000);
  });

  it('that waited is joined as the label that it was', async () => {
    const { consumer, context, log } = given();
    const first = messageOf((await consumer.onLabels([aRecord('e-1')], context)).outcomes[0]);
    log.ids.add('e-1');
    const { outcomes } = await consumer.onRetries([waiting(first, soon)], context);
    const { timestampMs, value } = messageOf(outcomes[0]);
    expect(timestampMs).toBe(1_000);
    expect(JSON.parse(value!.toString())).toMatchObject({ label_partition: 2, label_offset: 7 });
  });

  it('is given up where it lay when the log has passed it and it has waited', async () => {
    const { consumer, context, log } = given();
    const first = messageOf((await consumer.onLabels([aRecord('e-1')], context)).outcomes[0]);
    log.clock = AT + 2 * HOUR_MS + 1;
    const young = await consumer.onRetries([waiting(first, soon)], context);
    expect(young.outcomes[0]!.kind).toBe('emit');
    const old = await consumer.onRetries([waiting(first, { ...soon, [HEADER.labelSince]: '1000' })], context);
    expect(old.outcomes[0]).toMatchObject({
      kind: 'quarantine',
      reason: 'orphan_label',
      origin: { topic: 'grid.labels', partition: 2, offset: 7, timestampMs: 1_000 },
    });
  });

  it('is looked for together with the others of its batch, and refused alone', async () => {
    const { consumer, context, log } = given('e-1', 'e-2');
    const bad = aRecord('e-3', { value: { id: 'e-3', said: null, known: AT } });
    const { outcomes } = await consumer.onLabels([aRecord('e-1'), bad, aRecord('e-2'), aRecord('e-1')], context);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['emit', 'quarantine', 'emit', 'emit']);
    expect(log.asked).toBe(1);
  });
});

describe('labels that wait', () => {
  it('are let go at once when the partition or the service is given up', async () => {
    const { consumer, context, abort, log } = given();
    const first = messageOf((await consumer.onLabels([aRecord('e-1')], context)).outcomes[0]);
    const asked = log.asked;
    const later = { [HEADER.labelNotBefore]: String(Date.now() + HOUR_MS) };
    const handling = consumer.onRetries([waiting(first, later)], context);
    abort.abort();
    await expect(handling).rejects.toMatchObject({ reason: { name: 'AbortError' } });
    expect(log.asked).toBe(asked);
  });

  it('wait on when the log cannot be read', async () => {
    const { consumer, context, log } = given();
    log.away = true;
    await expect(consumer.onLabels([aRecord('e-1')], context)).rejects.toMatchObject({
      reason: expect.any(Retriable) as Retriable,
    });
  });
});
