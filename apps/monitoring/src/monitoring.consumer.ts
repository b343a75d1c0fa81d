import { Controller, Inject } from '@nestjs/common';
import type { ExplanationRecord, OutcomeRecord, PredictionRecord } from '#contracts';
import { AvroCodecs } from '#platform/avro';
import type { AppendOptions, LoggedPrediction } from '#platform/clickhouse';
import type { IntentRange, StageContext, StageRecord } from '#platform/kafka';
import { BatchHandler } from '#platform/kafka-stream';
import { ALERT_DELIVERY, LOG_OF_RECORD, type AlertDelivery, type RecordLog } from './ports.js';
import { createIdentifyStep } from './steps/identify.step.js';
import { insertTracingStep } from './steps/insert-tracing.step.js';
import { loggedAlertStep, type AlertValue } from './steps/logged-alert.step.js';
import { quarantinedEventStep } from './steps/quarantined-event.step.js';

type IntentContext = StageContext & { readonly range: IntentRange };

/**
 * Topics → log of record. Each range of offsets is written under its own token; the transport re-forms the same range
 * after a crash, so that a repetition is recognised and stored once.
 */
@Controller()
export class MonitoringConsumer {
  private readonly identify;

  constructor(
    @Inject(LOG_OF_RECORD) private readonly log: RecordLog,
    @Inject(ALERT_DELIVERY) private readonly delivery: AlertDelivery,
    codecs: AvroCodecs,
  ) {
    this.identify = createIdentifyStep(codecs);
  }

  @BatchHandler({ from: 'predictions', delivery: 'intent' })
  async onPredictions(records: readonly StageRecord<PredictionRecord>[], context: IntentContext): Promise<void> {
    const { pipeline, range } = context;
    const options = appending(records, range);
    await this.log.appendPredictions(pipeline.definition, records.map(loggedPrediction), range.token, options);
  }

  @BatchHandler({ from: 'shadows', delivery: 'intent' })
  async onShadows(records: readonly StageRecord<PredictionRecord>[], context: IntentContext): Promise<void> {
    const { pipeline, range } = context;
    const options = appending(records, range);
    await this.log.appendShadows(pipeline.definition, records.map(loggedPrediction), range.token, options);
  }

  @BatchHandler({ from: 'quarantine', delivery: 'intent', decode: false })
  async onQuarantine(records: readonly StageRecord<Buffer | null>[], context: IntentContext): Promise<void> {
    const { definition } = context.pipeline;
    const refused = records.map(quarantinedEventStep);
    const events = await this.identify(definition, refused);
    await this.log.appendQuarantined(definition, events, context.range.token, appending(records, context.range));
  }

  @BatchHandler({ from: 'outcomes', delivery: 'intent' })
  async onOutcomes(records: readonly StageRecord<OutcomeRecord>[], context: IntentContext): Promise<void> {
    const outcomes = records.map(({ value: record, partition, offset }) => ({ record, partition, offset }));
    const { pipeline, range } = context;
    await this.log.appendOutcomes(pipeline.definition, outcomes, range.token, appending(records, range));
  }

  @BatchHandler({ from: 'explanations', delivery: 'intent' })
  async onExplanations(records: readonly StageRecord<ExplanationRecord>[], context: IntentContext): Promise<void> {
    const explanations = records.map(({ value: record, partition, offset }) => ({ record, partition, offset }));
    const { pipeline, range } = context;
    await this.log.appendExplanations(pipeline.definition, explanations, range.token, appending(records, range));
  }

  /**
   * 1. the alerts are in the log — a death here repeats the range, which is found there;
   * 2. they were delivered — a death here delivers them again;
   * 3. the transport commits the range.
   */
  @BatchHandler({ from: 'alerts', delivery: 'intent' })
  async onAlerts(records: readonly StageRecord<AlertValue>[], context: IntentContext): Promise<void> {
    const { definition } = context.pipeline;
    const { token } = context.range;
    const alerts = records.map(loggedAlertStep);
    await this.log.appendAlerts(definition, alerts, token, appending(records, context.range));
    const told = alerts.map(({ record }) => record);
    await this.delivery.deliver(definition, told, context.signal);
  }
}

function loggedPrediction({
  value: record,
  partition,
  offset,
  timestampMs: publishedAtMs,
}: StageRecord<PredictionRecord>): LoggedPrediction {
  return { record, partition, offset, publishedAtMs };
}

function appending(
  records: readonly Pick<StageRecord, 'traceId' | 'spanContext'>[],
  { repeated }: IntentRange,
): AppendOptions {
  return { tracing: insertTracingStep(records), repeated };
}
