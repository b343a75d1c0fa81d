import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Kafka } from 'kafkajs';
import type { AlertControl } from '#contracts';
import { AvroCodecs } from '#platform/avro';
import { KafkaAlertControlCatalog, type AlertControlCatalog } from '#platform/control';
import { KAFKA, LOG, StartUp } from '#platform/service';
import type { Log } from '#platform/telemetry';

/** Silences and acknowledgements; all that there are by the time the first alert is delivered. */
@Injectable()
export class AlertControls implements AlertControlCatalog, OnModuleInit, OnApplicationShutdown {
  private readonly catalog: KafkaAlertControlCatalog;

  constructor(
    @Inject(KAFKA) kafka: Kafka,
    codecs: AvroCodecs,
    @Inject(LOG) log: Log,
    private readonly startUp: StartUp,
  ) {
    const onWaiting = (reason: string): void => log.warn({}, `silences of alerts: ${reason}`);
    this.catalog = new KafkaAlertControlCatalog(kafka, codecs, { onWaiting });
  }

  onModuleInit(): void {
    this.startUp.add({ name: 'silences of alerts (eddyline.alert-controls)', run: () => this.catalog.start() });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.catalog.close();
  }

  controls(pipeline: string): readonly AlertControl[] {
    return this.catalog.controls(pipeline);
  }
}
