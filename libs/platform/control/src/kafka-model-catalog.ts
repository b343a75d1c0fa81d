import {
  REGISTRY_ENTRY_SCHEMA,
  REGISTRY_TOPIC,
  type Appointment,
  type LifecycleState,
  type ModelVersion,
  type PipelineFlag,
  type Serving,
} from '#contracts';
import type { AvroCodecs } from '#platform/avro';
import type { Kafka } from 'kafkajs';
import { CompactedTopic } from './compacted-topic.js';
import { toRegistryEntry } from './control-records.js';
import type { CatalogOptions } from './kafka-pipeline-catalog.js';
import { ModelRecords } from './model-records.js';
import type { ModelCatalog } from './ports.js';

/** What `eddyline.registry` says, followed. */
export class KafkaModelCatalog implements ModelCatalog {
  private readonly records = new ModelRecords();
  private readonly listeners = new Set<(pipeline: string) => void | Promise<void>>();
  private readonly topic: CompactedTopic;

  constructor(
    kafka: Kafka,
    codecs: AvroCodecs,
    private readonly options: CatalogOptions = {},
  ) {
    this.topic = new CompactedTopic(kafka, codecs, REGISTRY_TOPIC, REGISTRY_ENTRY_SCHEMA);
  }

  /** Resolves once the topic has been read to its end. */
  start(): Promise<void> {
    return this.topic.start(
      async (entries) => {
        const changed = new Set<string>();
        for (const { value } of entries) {
          const entry = value === null ? undefined : toRegistryEntry(value);
          if (entry === undefined) continue; // versions are immutable, and everything else is only replaced
          this.records.take(entry);
          if (entry.kind === 'serving' || entry.kind === 'flags') changed.add(entry.pipeline);
        }
        for (const pipeline of changed) {
          for (const listener of this.listeners) await listener(pipeline);
        }
      },
      (reason) => this.options.onWaiting?.(reason),
    );
  }

  close(): Promise<void> {
    return this.topic.close();
  }

  versions(pipeline: string): readonly ModelVersion[] {
    return this.records.of(pipeline).versions;
  }

  serving(pipeline: string): Serving | undefined {
    return this.records.of(pipeline).serving ?? undefined;
  }

  champion(pipeline: string): { readonly version: ModelVersion; readonly appointment: Appointment } | undefined {
    const { versions, serving } = this.records.of(pipeline);
    const appointment = serving?.champion ?? null;
    const version = versions.find((candidate) => candidate.version === appointment?.version);
    return appointment === null || version === undefined ? undefined : { version, appointment };
  }

  lifecycle(pipeline: string): LifecycleState | undefined {
    return this.records.of(pipeline).lifecycle ?? undefined;
  }

  flags(pipeline: string): readonly PipelineFlag[] {
    return this.records.of(pipeline).flags?.flags ?? [];
  }

  subscribe(listener: (pipeline: string) => void | Promise<void>): () => void {
    this.listeners.add(listener);
    for (const pipeline of this.records.pipelines()) if (this.serving(pipeline)) void listener(pipeline);
    return () => this.listeners.delete(listener);
  }
}
