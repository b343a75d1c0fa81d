import { REGISTRY_ENTRY_SCHEMA, REGISTRY_TOPIC, type ModelAlias, type ModelVersion } from '#contracts';
import type { AvroCodecs } from '#platform/avro';
import type { Kafka } from 'kafkajs';
import { CompactedTopic } from './compacted-topic.js';
import { toRegistryEntry } from './control-records.js';
import type { CatalogOptions } from './kafka-pipeline-catalog.js';
import type { ModelCatalog } from './ports.js';

/** Model versions and aliases, followed from `eddyline.registry`. */
export class KafkaModelCatalog implements ModelCatalog {
  private readonly byPipeline = new Map<string, ModelVersion[]>();
  private readonly champions = new Map<string, ModelAlias>();
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
          if (value === null) continue; // versions are immutable and aliases are only moved
          const entry = toRegistryEntry(value);
          if (entry.kind === 'version') this.addVersion(entry);
          else {
            this.champions.set(entry.pipeline, entry);
            changed.add(entry.pipeline);
          }
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
    return this.byPipeline.get(pipeline) ?? [];
  }

  champion(pipeline: string): { readonly version: ModelVersion; readonly alias: ModelAlias } | undefined {
    const alias = this.champions.get(pipeline);
    const version = this.versions(pipeline).find((candidate) => candidate.version === alias?.version);
    return alias === undefined || version === undefined ? undefined : { version, alias };
  }

  subscribeChampions(listener: (pipeline: string) => void | Promise<void>): () => void {
    this.listeners.add(listener);
    for (const pipeline of this.champions.keys()) void listener(pipeline);
    return () => this.listeners.delete(listener);
  }

  private addVersion(entry: ModelVersion): void {
    const versions = (this.byPipeline.get(entry.pipeline) ?? []).filter(({ version }) => version !== entry.version);
    versions.push(entry);
    versions.sort((a, b) => Number(a.version) - Number(b.version));
    this.byPipeline.set(entry.pipeline, versions);
  }
}
