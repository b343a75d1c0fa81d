import { ALERT_CONTROL_SCHEMA, ALERT_CONTROLS_TOPIC, type AlertControl } from '#contracts';
import type { AvroCodecs } from '#platform/avro';
import type { Kafka } from 'kafkajs';
import { CompactedTopic } from './compacted-topic.js';
import { toAlertControl } from './control-records.js';
import type { CatalogOptions } from './kafka-pipeline-catalog.js';
import type { AlertControlCatalog } from './ports.js';

/** Silences and acknowledgements, followed from `eddyline.alert-controls`. */
export class KafkaAlertControlCatalog implements AlertControlCatalog {
  private readonly byKey = new Map<string, AlertControl>();
  private readonly topic: CompactedTopic;

  constructor(
    kafka: Kafka,
    codecs: AvroCodecs,
    private readonly options: CatalogOptions = {},
  ) {
    this.topic = new CompactedTopic(kafka, codecs, ALERT_CONTROLS_TOPIC, ALERT_CONTROL_SCHEMA);
  }

  /** Resolves once the topic has been read to its end. */
  start(): Promise<void> {
    return this.topic.start(
      async (entries) => {
        for (const { key, value } of entries) {
          const control = value === null ? null : toAlertControl(value);
          if (control === undefined) this.options.onWaiting?.(`ignored the record ${key} of ${ALERT_CONTROLS_TOPIC}`);
          else if (control === null) this.byKey.delete(key);
          else this.byKey.set(key, control);
        }
      },
      (reason) => this.options.onWaiting?.(reason),
    );
  }

  close(): Promise<void> {
    return this.topic.close();
  }

  controls(pipeline: string): readonly AlertControl[] {
    return [...this.byKey]
      .filter(([, control]) => control.pipeline === pipeline)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, control]) => control);
  }
}
