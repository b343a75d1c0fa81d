import {
  APPLIED_PIPELINE_SCHEMA,
  PIPELINES_TOPIC,
  REGISTRY_ENTRY_SCHEMA,
  REGISTRY_TOPIC,
  registryKeyOf,
  valueSubjectOf,
  type AppliedPipeline,
  type AvroRecordSchema,
  type RegistryEntry,
} from '#contracts';
import type { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import type { Publisher } from '#platform/kafka';
import { fromAppliedPipeline, fromRegistryEntry } from './control-records.js';

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

  /** A version is published before the alias that points to it, so that no reader meets an alias without its version. */
  async publishRegistryEntry(entry: RegistryEntry): Promise<void> {
    await this.write(REGISTRY_TOPIC, registryKeyOf(entry), REGISTRY_ENTRY_SCHEMA, fromRegistryEntry(entry));
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
