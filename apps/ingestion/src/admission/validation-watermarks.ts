import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Kafka } from 'kafkajs';
import { consumerGroupOf, topicOf, type AppliedPipeline } from '#contracts';
import { decodeOffsetMetadata, LazyAdmin } from '#platform/kafka';
import { KAFKA, LOG, SERVICE_CONFIG } from '#platform/service';
import type { Log } from '#platform/telemetry';
import type { IngestionConfig } from '../ingestion.config.js';
import { AdmissionService } from './admission.service.js';

/**
 * How far validation has come in event time, by pipeline, from what it commits with its offsets. Read now and then: a
 * watermark only grows, so an old one refuses too little, never too much; validation judges finally.
 */
@Injectable()
export class ValidationWatermarks implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly watermarks = new Map<string, number>();
  private readonly admin: LazyAdmin;
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> | undefined;

  constructor(
    @Inject(KAFKA) kafka: Kafka,
    @Inject(LOG) private readonly log: Log,
    @Inject(SERVICE_CONFIG) private readonly config: Pick<IngestionConfig, 'watermarkPollMs'>,
    private readonly admission: AdmissionService,
  ) {
    this.admin = new LazyAdmin(kafka);
  }

  /** Oldest watermark over the partitions, ms since epoch; -Infinity while one of them has none. */
  of(pipeline: string): number {
    return this.watermarks.get(pipeline) ?? Number.NEGATIVE_INFINITY;
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.polling ??= this.poll().finally(() => (this.polling = undefined));
    }, this.config.watermarkPollMs).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.polling;
    await this.admin.disconnect();
  }

  private async poll(): Promise<void> {
    for (const applied of this.admission.pipelines().filter(judgesLateness)) {
      try {
        await this.pollPipeline(applied);
      } catch (error) {
        this.log.debug({ error, pipeline: applied.definition.name }, 'the watermark of validation could not be read');
      }
    }
  }

  private async pollPipeline({ definition: { name } }: AppliedPipeline): Promise<void> {
    const topic = topicOf(name, 'events');
    const admin = await this.admin.connected();
    const [offsets] = await admin.fetchOffsets({ groupId: consumerGroupOf('validation', name), topics: [topic] });
    const watermarks = offsets?.partitions.map(({ metadata }) => watermarkOf(metadata)) ?? [];
    this.watermarks.set(name, watermarks.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...watermarks));
  }
}

export function judgesLateness({ definition }: AppliedPipeline): boolean {
  return definition.expectations.some(
    (expectation) =>
      expectation.kind === 'timeliness' && expectation.on === 'quarantine' && expectation.maxLatenessMs !== undefined,
  );
}

/** @param metadata what validation committed beside an offset */
export function watermarkOf(metadata: string | null): number {
  const { checkpoint } = decodeOffsetMetadata(metadata);
  const watermarkMs = (checkpoint as { readonly watermarkMs?: unknown } | null)?.watermarkMs;
  return typeof watermarkMs === 'number' ? watermarkMs : Number.NEGATIVE_INFINITY;
}
