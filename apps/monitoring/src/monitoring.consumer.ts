import { Controller, Inject } from '@nestjs/common';
import type { PredictionRecord } from '#contracts';
import { AvroCodecs } from '#platform/avro';
import { BatchHandler, type IntentRange, type StageContext, type StageRecord } from '#platform/kafka';
import { LOG_OF_RECORD, type RecordLog } from './ports.js';
import { createIdentifyStep } from './steps/identify.step.js';
import { quarantinedEventStep } from './steps/quarantined-event.step.js';
import { insertTracingStep } from './steps/insert-tracing.step.js';

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
    codecs: AvroCodecs,
  ) {
    this.identify = createIdentifyStep(codecs);
  }

  @BatchHandler({ from: 'predictions', delivery: 'intent' })
  async onPredictions(records: readonly StageRecord<PredictionRecord>[], context: IntentContext): Promise<void> {
    const predictions = records.map(({ value }) => value);
    await this.log.appendPredictions(
      context.pipeline.definition,
      predictions,
      context.range.token,
      insertTracingStep(records),
      context.range.repeated,
    );
  }

  @BatchHandler({ from: 'quarantine', delivery: 'intent', decode: false })
  async onQuarantine(records: readonly StageRecord<Buffer | null>[], context: IntentContext): Promise<void> {
    const { definition } = context.pipeline;
    const refused = records.map(quarantinedEventStep);
    const events = await this.identify(definition, refused);
    const { token, repeated } = context.range;
    await this.log.appendQuarantined(definition, events, token, insertTracingStep(records), repeated);
  }
}
