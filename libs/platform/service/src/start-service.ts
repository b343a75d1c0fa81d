import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { DynamicModule, Type } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Kafka } from 'kafkajs';
import { SchemaRegistryClient } from '#platform/avro';
import type { ServiceConfig } from '#platform/config';
import type { KafkaModelCatalog, KafkaPipelineCatalog } from '#platform/control';
import { Publisher } from '#platform/kafka';
import { KafkaStreamServer } from '#platform/kafka-stream';
import { Retriable } from '#platform/outcomes';
import type { Log, Telemetry } from '#platform/telemetry';
import { HealthRegistry } from './health/health-registry.js';
import { addApiKeyGate } from './http/api-key-gate.js';
import { addConnectionGuard } from './http/connection-guard.js';
import { addJsonParser } from './http/json-parser.js';
import { serveOpenApi, type OpenApiPatch } from './http/open-api.js';
import { ProblemFilter } from './http/problem.filter.js';
import { addRequestAdmission } from './http/request-admission.js';
import { addRequestSpans } from './http/request-span.js';
import { ServiceHttpAdapter } from './http/service-http-adapter.js';
import { NestLog } from './lifecycle/nest-log.js';
import { shutDown } from './lifecycle/shut-down.js';
import { StartUp, type StartUpStep } from './lifecycle/start-up.js';
import { ServiceModule } from './service.module.js';
import { KAFKA, MODEL_CATALOG, PIPELINE_CATALOG } from './tokens.js';

/** What a service is, apart from how its process is run. */
export interface ServiceDefinition<C extends ServiceConfig> {
  /** `service.name`, and part of the consumer groups `eddyline.<name>.<pipeline>`. */
  readonly name: string;
  /** One sentence for the OpenAPI document. */
  readonly description: string;
  readonly config: C;
  /** The service's own module; ServiceModule is global beside it. */
  readonly module: Type | DynamicModule;
  /** Whether the service follows `eddyline.registry` (inject MODEL_CATALOG). Default false. */
  readonly models?: boolean;
  /** Largest HTTP body in bytes. Default 16 MiB. */
  readonly bodyLimitBytes?: number;
  /** Called with the application before it listens: content type parsers, extra routes. */
  readonly configure?: (app: NestFastifyApplication) => void;
  /** Completes the OpenAPI document at each request. */
  readonly openApi?: (app: NestFastifyApplication) => OpenApiPatch;
}

export interface ServiceRuntime {
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Called once, for an error that the service cannot live on with. */
  readonly onFatal: (error: Error) => void;
}

export interface RunningService {
  /** `http://host:port`. */
  readonly url: string;
  readonly port: number;
  readonly app: NestFastifyApplication;
  /** Resolves when everything that the service needs was reached and its consumers run; never rejects (see onFatal). */
  readonly ready: Promise<void>;
  /** Stops in an order that loses nothing; resolves when all is stopped. Idempotent. */
  close(): Promise<void>;
}

const DEFAULT_BODY_LIMIT_BYTES = 16 << 20;

/**
 * Starts a service within this process: HTTP first, so that probes are answered while the rest waits for what it needs.
 * Resolves when HTTP listens; `ready` when the service works.
 */
export async function startService<C extends ServiceConfig>(
  definition: ServiceDefinition<C>,
  { log, telemetry, onFatal }: ServiceRuntime,
): Promise<RunningService> {
  const { name, config, bodyLimitBytes = DEFAULT_BODY_LIMIT_BYTES } = definition;
  const starting = new AbortController();
  let failed = false;
  const fatal = (error: unknown): void => {
    if (failed || starting.signal.aborted) return;
    failed = true;
    onFatal(error instanceof Error ? error : new Error(String(error)));
  };

  const service = ServiceModule.register({ name, config, log, telemetry, fatal });
  const root: DynamicModule = { module: class Root {}, imports: [service, definition.module] };
  const adapter = new ServiceHttpAdapter({ bodyLimitBytes, requestTimeoutMs: config.requestTimeoutMs });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: new NestLog(log),
    abortOnError: false,
    bodyParser: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeContentTypeParser('text/plain');
  addJsonParser(fastify, ['application/json']);
  addRequestSpans(fastify);
  addApiKeyGate(fastify, config.apiKeys);
  // After the keys: who has none takes up no room.
  addRequestAdmission(fastify, {
    maxBytes: config.maxInFlightBytes,
    maxRequests: config.maxInFlightRequests,
    bodyLimitBytes,
  });
  addConnectionGuard(fastify, { maxConnections: config.maxConnections });
  if (config.apiKeys.length === 0) {
    // On loopback that is how one develops; anywhere else it is news.
    log[isLoopback(config.host) ? 'info' : 'warn']({}, 'EDDYLINE_API_KEYS is unset: every request is accepted');
  }
  app.useGlobalFilters(new ProblemFilter(log, bodyLimitBytes));
  definition.configure?.(app);

  const stream = app.get(KafkaStreamServer);
  app.connectMicroservice<MicroserviceOptions>({ strategy: stream });
  const consumes = stream.getHandlers().size > 0;
  serveOpenApi(app, {
    name,
    description: definition.description,
    keysRequired: config.apiKeys.length > 0,
    ...(definition.openApi === undefined ? {} : { patch: definition.openApi(app) }),
  });

  registerHealth(app, consumes);
  await app.listen(config.port, config.host);
  const { port } = app.getHttpServer().address() as { port: number };

  const consumers: StartUpStep = { name: 'the consumers', run: async () => void (await app.startAllMicroservices()) };
  const ready = app
    .get(StartUp)
    .run(platformSteps(app, definition), consumes ? [consumers] : [], log, starting.signal)
    .catch((error: unknown) => {
      if (!starting.signal.aborted) fatal(error);
      return new Promise<void>(() => undefined); // never ready
    });

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      starting.abort(new Error('the service stops'));
      app.get(HealthRegistry).register('shutdown', () => ['the service stops']);
      await shutDown(
        [
          // 1. No batch is taken up any more; the one under way commits. Killed here: its transaction is repeated elsewhere.
          { name: 'the stream', deadlineMs: 30_000, run: async () => stream.close() },
          // 2. Requests under way are answered, which may still publish; then the application's own parts close.
          { name: 'HTTP', deadlineMs: 15_000, run: () => app.close() },
          // 3. Nobody publishes any more; what was accepted is acknowledged.
          { name: 'the publisher', deadlineMs: 10_000, run: () => app.get(Publisher).close() },
          {
            name: 'the pipeline catalog',
            deadlineMs: 5_000,
            run: () => app.get<KafkaPipelineCatalog>(PIPELINE_CATALOG).close(),
          },
          {
            name: 'the model catalog',
            deadlineMs: 5_000,
            run: () => app.get<KafkaModelCatalog>(MODEL_CATALOG).close(),
          },
        ],
        log,
      );
    })());
  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    port,
    app,
    ready,
    close,
  };
}

/** What the network must give, then what the control topics say. */
function platformSteps<C extends ServiceConfig>(
  app: NestFastifyApplication,
  { config, models }: ServiceDefinition<C>,
): StartUpStep[] {
  const registry: StartUpStep = {
    name: 'the model registry (eddyline.registry)',
    run: () => app.get<KafkaModelCatalog>(MODEL_CATALOG).start(),
  };
  return [
    { name: `Kafka at ${config.kafkaBrokers.join(', ')}`, run: () => reachKafka(app.get<Kafka>(KAFKA)) },
    {
      name: `the schema registry at ${withoutCredentials(config.schemaRegistryUrl)}`,
      run: async () => void (await app.get(SchemaRegistryClient).subjects()),
    },
    {
      name: 'the pipelines in force (eddyline.pipelines)',
      run: () => app.get<KafkaPipelineCatalog>(PIPELINE_CATALOG).start(),
    },
    ...(models === true ? [registry] : []),
  ];
}

function registerHealth(app: NestFastifyApplication, consumes: boolean): void {
  const health = app.get(HealthRegistry);
  health.register('start-up', app.get(StartUp).check);
  if (!consumes) return;
  const stream = app.get(KafkaStreamServer);
  health.register('stream', () =>
    stream
      .stageStatuses()
      .filter(({ state }) => state !== 'running')
      .map(({ topic, state, reason }) => `${topic} is ${state}${reason === null ? '' : `: ${reason}`}`),
  );
}

async function reachKafka(kafka: Kafka): Promise<void> {
  const admin = kafka.admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    await admin.describeCluster();
  } catch (error) {
    throw asRetriable(error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

function asRetriable(error: unknown): unknown {
  const { name, message } = error as Error;
  if (/SASL/.test(name) || /SASL|authentication/i.test(message)) return error;
  return new Retriable('kafka_unreachable', message, { cause: error });
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
