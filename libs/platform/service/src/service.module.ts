import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { Kafka } from 'kafkajs';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import type { ServiceConfig } from '#platform/config';
import { KafkaModelCatalog, KafkaPipelineCatalog } from '#platform/control';
import { createKafka, Publisher, type KafkaConnection } from '#platform/kafka';
import { KafkaStreamServer } from '#platform/kafka-stream';
import type { Log, Telemetry } from '#platform/telemetry';
import { HealthController } from './health/health.controller.js';
import { HealthRegistry } from './health/health-registry.js';
import { StartUp } from './lifecycle/start-up.js';
import {
  FATAL,
  KAFKA,
  LOG,
  MODEL_CATALOG,
  PIPELINE_CATALOG,
  SERVICE_CONFIG,
  SERVICE_NAME,
  TELEMETRY,
} from './tokens.js';

export interface ServiceModuleOptions {
  readonly name: string;
  readonly config: ServiceConfig;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly fatal: (error: unknown) => void;
}

/** What every service is made of, for all its modules. Nothing here connects by itself: the start-up does. */
@Module({})
export class ServiceModule {
  static register({ name, config, log, telemetry, fatal }: ServiceModuleOptions): DynamicModule {
    const connection = kafkaConnectionOf(name, config);
    const onWaiting = (reason: string): void => log.warn({}, `the catalog waits: ${reason}`);
    const providers: Provider[] = [
      HealthRegistry,
      StartUp,
      { provide: SERVICE_NAME, useValue: name },
      { provide: SERVICE_CONFIG, useValue: config },
      { provide: LOG, useValue: log },
      { provide: TELEMETRY, useValue: telemetry },
      { provide: FATAL, useValue: fatal },
      { provide: KAFKA, useFactory: () => createKafka(connection, log) },
      { provide: SchemaRegistryClient, useFactory: () => new SchemaRegistryClient(config.schemaRegistryUrl) },
      {
        provide: AvroCodecs,
        useFactory: (registry: SchemaRegistryClient) => new AvroCodecs(registry),
        inject: [SchemaRegistryClient],
      },
      { provide: Publisher, useFactory: (kafka: Kafka) => new Publisher(kafka), inject: [KAFKA] },
      {
        provide: PIPELINE_CATALOG,
        useFactory: (kafka: Kafka, codecs: AvroCodecs) => new KafkaPipelineCatalog(kafka, codecs, { onWaiting }),
        inject: [KAFKA, AvroCodecs],
      },
      {
        provide: MODEL_CATALOG,
        useFactory: (kafka: Kafka, codecs: AvroCodecs) => new KafkaModelCatalog(kafka, codecs, { onWaiting }),
        inject: [KAFKA, AvroCodecs],
      },
      {
        provide: KafkaStreamServer,
        useFactory: (catalog: KafkaPipelineCatalog, decoders: AvroCodecs) =>
          new KafkaStreamServer({
            // A client of its own for each consumer: clients share, and clear, their table of committed offsets.
            kafka: () => createKafka(connection, log),
            sessionTimeoutMs: config.kafkaSessionTimeoutMs,
            fetch: { minBytes: config.kafkaFetchMinBytes, maxWaitMs: config.kafkaFetchMaxWaitMs },
            service: name,
            catalog,
            decoders,
            pipelines: config.pipelines,
            log,
            onFatal: fatal,
          }),
        inject: [PIPELINE_CATALOG, AvroCodecs],
      },
    ];
    return {
      module: ServiceModule,
      global: true,
      controllers: [HealthController],
      providers,
      exports: providers.map((provider) => ('provide' in provider ? provider.provide : provider)),
    };
  }
}

export function kafkaConnectionOf(name: string, config: ServiceConfig): KafkaConnection {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPassword: password } = config;
  return {
    brokers: config.kafkaBrokers,
    clientId: `eddyline.${name}`,
    ...(config.kafkaTls ? { ssl: true } : {}),
    ...(mechanism === undefined || username === undefined || password === undefined
      ? {}
      : { sasl: { mechanism, username, password } as NonNullable<KafkaConnection['sasl']> }),
  };
}
