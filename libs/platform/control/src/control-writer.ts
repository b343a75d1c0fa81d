import {
  ALERT_CONTROL_SCHEMA,
  ALERT_CONTROLS_TOPIC,
  alertControlKeyOf,
  APPLIED_PIPELINE_SCHEMA,
  PIPELINES_TOPIC,
  REGISTRY_ENTRY_SCHEMA,
  REGISTRY_TOPIC,
  registryKeyOf,
  valueSubjectOf,
  type AlertControl,
  type AppliedPipeline,
  type AvroRecordSchema,
  type RegistryEntry,
} from '#contracts';
import type { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import type { Publisher } from '#platform/kafka';
import { fromAlertControl, fromAppliedPipeline, fromRegistryEntry } from './control-records.js';

/** Publishes on the control topics; resolves when all in-sync replicas have the record. */
export class ControlWriter {
  constructor(
    private readonly publisher: Publisher,
    private readonly registry: SchemaRegistryClient,
    private readonly codecs: AvroCodecs,
  ) {}

  async publishPipeline(applied: AppliedPipeline): Promise<void> {
    await this.write(PIPELINES_TOPIC, applied.definition.name, APPLIED_PIPELINE_SCHEMA, fromAppliedPipeline(applied));
  }

  /** A version is published before it is appointed to serve, so that no reader meets the one without the other. */
  async publishRegistryEntry(entry: RegistryEntry): Promise<void> {
    await this.write(REGISTRY_TOPIC, registryKeyOf(entry), REGISTRY_ENTRY_SCHEMA, fromRegistryEntry(entry));
  }

  async publishAlertControl(control: AlertControl): Promise<void> {
    await this.write(ALERT_CONTROLS_TOPIC, alertControlKeyOf(control), ALERT_CONTROL_SCHEMA, fromAlertControl(control));
  }

  /** Takes silences and acknowledgements away again. */
  async removeAlertControls(controls: readonly AlertControl[]): Promise<void> {
    await this.publisher.publish(
      controls.map((control) => ({
        topic: ALERT_CONTROLS_TOPIC,
        key: alertControlKeyOf(control),
        value: null,
        partition: 0,
      })),
    );
  }

  private async write(
    topic: string,
    key: string,
    schema: AvroRecordSchema,
    value: Record<string, unknown>,
  ): Promise<void> {
    const id = await this.registry.register(valueSubjectOf(topic), schema);
    await this.publisher.publish([{ topic, key, value: this.codecs.encoderFor(schema, id)(value), partition: 0 }]);
  }
}
