import { APPLIED_PIPELINE_SCHEMA, PIPELINES_TOPIC, type AppliedPipeline } from '#contracts';
import type { AvroCodecs } from '#platform/avro';
import type { Kafka } from 'kafkajs';
import { CompactedTopic } from './compacted-topic.js';
import { toAppliedPipeline } from './control-records.js';
import type { PipelineCatalog, PipelineChange, PipelineListener } from './ports.js';

export interface CatalogOptions {
  /** Told what the catalog waits for, or what it could not read. */
  readonly onWaiting?: (reason: string) => void;
}

/** Pipelines in force, followed from `eddyline.pipelines`. */
export class KafkaPipelineCatalog implements PipelineCatalog {
  private readonly pipelines = new Map<string, AppliedPipeline>();
  private readonly listeners = new Set<PipelineListener>();
  private readonly topic: CompactedTopic;

  constructor(
    kafka: Kafka,
    codecs: AvroCodecs,
    private readonly options: CatalogOptions = {},
  ) {
    this.topic = new CompactedTopic(kafka, codecs, PIPELINES_TOPIC, APPLIED_PIPELINE_SCHEMA);
  }

  /** Resolves once the topic has been read to its end. */
  start(): Promise<void> {
    return this.topic.start(
      async (entries) => {
        for (const { key, value } of entries) {
          if (value === null) {
            if (this.pipelines.delete(key)) await this.tell({ kind: 'removed', name: key });
          } else {
            const pipeline = toAppliedPipeline(value);
            this.pipelines.set(key, pipeline);
            await this.tell({ kind: 'applied', pipeline });
          }
        }
      },
      (reason) => this.options.onWaiting?.(reason),
    );
  }

  close(): Promise<void> {
    return this.topic.close();
  }

  list(): readonly AppliedPipeline[] {
    return [...this.pipelines.values()];
  }

  get(name: string): AppliedPipeline | undefined {
    return this.pipelines.get(name);
  }

  subscribe(listener: PipelineListener): () => void {
    this.listeners.add(listener);
    for (const pipeline of this.pipelines.values()) void listener({ kind: 'applied', pipeline });
    return () => this.listeners.delete(listener);
  }

  private async tell(change: PipelineChange): Promise<void> {
    for (const listener of this.listeners) await listener(change);
  }
}
