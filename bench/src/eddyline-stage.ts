/** The same work as a batch handler on Eddyline's transport, within Nest, with spans and metrics on as in a service. */
import {
  EVENT_SCHEMA,
  CHANNELS,
  CURRENCIES,
  decisionOf,
  PREDICTION_SCHEMA,
  type CardTransaction,
} from '../workload/src/index.js';
import type { AppliedPipeline, Expectation, PipelineDefinition } from '#contracts';
import { compileExpectations } from '#domain/expectations';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { createKafka, type StageRecord, type StageResult } from '#platform/kafka';
import { BatchHandler, KafkaStreamServer } from '#platform/kafka-stream';
import { emit, quarantine, type Outcome } from '#platform/outcomes';
import { startTelemetry } from '#platform/telemetry';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import 'reflect-metadata';
import { Scorer } from './scorer.js';
import { Meter, readTask } from './task.js';

const task = readTask();
const telemetry = startTelemetry({ service: 'bench' });
const meter = new Meter();
const scorer = await Scorer.load(task.modelPath);
const codecs = new AvroCodecs(new SchemaRegistryClient(task.schemaRegistryUrl));
const encode = codecs.encoderFor(PREDICTION_SCHEMA, task.predictionSchemaId);

const rule = (name: string, check: object): Expectation => ({ name, on: 'quarantine', ...check }) as Expectation;
const definition: PipelineDefinition = {
  name: task.eventsTopic.replace(/\.events$/, ''),
  event: { schema: EVENT_SCHEMA, id: 'event_id', key: 'card_id', time: 'event_time' },
  expectations: [
    rule('event_id', { kind: 'length', field: 'event_id', min: 1 }),
    rule('card_id', { kind: 'length', field: 'card_id', min: 1 }),
    rule('merchant_category', { kind: 'notNull', field: 'merchant_category' }),
    rule('amount.null', { kind: 'notNull', field: 'amount' }),
    rule('amount.range', { kind: 'range', field: 'amount', min: Number.MIN_VALUE, max: 50_000 }),
    rule('currency', { kind: 'set', field: 'currency', values: CURRENCIES }),
    rule('channel', { kind: 'set', field: 'channel', values: CHANNELS }),
    rule('hour', { kind: 'range', field: 'hour', min: 0, max: 23 }),
    rule('day', { kind: 'range', field: 'day_of_week', min: 0, max: 6 }),
    rule('time', { kind: 'timeliness', field: 'event_time', maxLatenessMs: 24 * 3_600_000, maxAheadMs: 5 * 60_000 }),
  ],
  dedupeWindowMs: null,
  features: [],
  model: { task: 'binary-classification', threshold: 0.5 },
  topics: { partitions: 4, replicationFactor: 1, retentionMs: -1, maxMessageBytes: 1 << 20 },
};
const pipeline: AppliedPipeline = {
  definition,
  revision: 1,
  sha256: '',
  appliedAt: '',
  appliedBy: 'bench',
  schemaIds: { event: task.eventSchemaId, prediction: task.predictionSchemaId },
};
const expectations = compileExpectations(definition);

@Controller()
class ScoringStage {
  @BatchHandler({ from: 'events', delivery: 'transaction' })
  async onEvents(records: readonly StageRecord<CardTransaction & Record<string, unknown>>[]): Promise<StageResult> {
    meter.begin();
    const watermarkMs = Date.now(); // as the rules of the work have it: lateness against now
    const violations = records.map(({ value, timestampMs }) =>
      expectations.check(value, { watermarkMs, recordTimestampMs: timestampMs, outliers: null }),
    );
    const good = records.filter((_, i) => violations[i] === null);
    const { features, scores } = await scorer.score(good.map(({ value }) => value));
    let next = 0;
    const outcomes = records.map((record, i): Outcome => {
      const refused = violations[i]?.quarantine;
      if (refused) return quarantine(refused.reason, refused.message);
      const score = scores[next]!;
      const served = features[next++]!;
      const { event_id, event_time, card_id } = record.value;
      const decision = decisionOf(score);
      const value = encode({
        event_id,
        model: 'bench',
        version: '1',
        score,
        decision,
        event_time,
        predicted_at: watermarkMs,
        features: served,
      });
      return emit({ topic: task.predictionsTopic, partition: record.partition, key: card_id, value });
    });
    return { outcomes };
  }
}

@Module({ controllers: [ScoringStage] })
class BenchModule {}

const server = new KafkaStreamServer({
  kafka: () => createKafka({ brokers: task.brokers, clientId: 'eddyline' }),
  service: task.group,
  catalog: {
    subscribe(listener) {
      void listener({ kind: 'applied', pipeline });
      return () => undefined;
    },
  },
  decoders: codecs,
  pipelines: 'all',
  log: { debug() {}, info() {}, warn() {}, error() {} },
  onFatal: (error) => {
    console.error(error);
    process.exit(1);
  },
});
const app = await NestFactory.createMicroservice<MicroserviceOptions>(BenchModule, { strategy: server, logger: false });
await app.listen();
process.once('SIGTERM', () => {
  void app
    .close()
    .then(() => telemetry.shutdown())
    .then(() => process.exit(0));
});
