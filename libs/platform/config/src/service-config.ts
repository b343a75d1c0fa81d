import { z } from 'zod';
import {
  apiKeys,
  brokerList,
  byteSize,
  duration,
  flag,
  httpUrl,
  integer,
  pipelineFilter,
  storeUri,
  type PipelineFilter,
} from './pieces.js';
import { variable } from './variable.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields that every service has. Spread them into the service's own `z.object`. */
export function serviceConfigShape(defaults: { readonly port: number }) {
  return {
    kafkaBrokers: variable('KAFKA_BROKERS', brokerList(), { example: '127.0.0.1:9092' }),
    kafkaTls: variable('KAFKA_TLS', flag().default(false), { example: 'true' }),
    kafkaSaslMechanism: variable(
      'KAFKA_SASL_MECHANISM',
      z.enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'is not plain, scram-sha-256 or scram-sha-512').optional(),
      { example: 'scram-sha-512' },
    ),
    kafkaSaslUsername: variable('KAFKA_SASL_USERNAME', z.string().optional(), { example: 'eddyline' }),
    kafkaSaslPassword: variable('KAFKA_SASL_PASSWORD', z.string().optional(), {
      example: 'the password',
      secret: true,
    }),
    /**
     * How long Kafka waits for a member that says nothing before its partitions go to others. Brokers refuse less than
     * their `group.min.session.timeout.ms`, which is 6,000 by default.
     */
    kafkaSessionTimeoutMs: variable('KAFKA_SESSION_TIMEOUT_MS', integer(1_000, 300_000).default(15_000), {
      example: '15000',
    }),
    /**
     * A broker answers when it has so much, or has waited so long: with 1 byte, at once. A thin stream costs far less where a tenth of a
     * second of it is one transaction, or half a second of it one insert.
     */
    kafkaFetchMinBytes: variable('KAFKA_FETCH_MIN_BYTES', byteSize().default(1), { example: '32KiB' }),
    kafkaFetchMaxWaitMs: variable('KAFKA_FETCH_MAX_WAIT', duration().default(100), { example: '100ms' }),
    schemaRegistryUrl: variable('SCHEMA_REGISTRY_URL', httpUrl(), { example: 'http://127.0.0.1:8081', secret: true }),
    pipelines: variable('EDDYLINE_PIPELINES', pipelineFilter().default('all' satisfies PipelineFilter), {
      example: 'electricity,fraud',
    }),
    apiKeys: variable('EDDYLINE_API_KEYS', apiKeys().default([]), {
      example: 'billing=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      secret: true,
    }),
    host: variable('HOST', z.string().min(1).default('127.0.0.1'), { example: '127.0.0.1' }),
    port: variable('PORT', integer(0, 65_535).default(defaults.port), { example: String(defaults.port) }),
    /** Bytes of HTTP request bodies under way at once; more is refused with 429 before it is read. */
    maxInFlightBytes: variable('EDDYLINE_MAX_IN_FLIGHT', byteSize().default(64 << 20), { example: '64MiB' }),
    /** HTTP requests with a body under way at once, likewise. */
    maxInFlightRequests: variable('EDDYLINE_MAX_IN_FLIGHT_REQUESTS', integer(1, 1_000_000).default(1_000), {
      example: '1000',
    }),
    /** Open HTTP connections: near it idle ones are closed, beyond it new ones refused. */
    maxConnections: variable('EDDYLINE_MAX_CONNECTIONS', integer(16, 1_000_000).default(4_000), { example: '4000' }),
    /** How long an HTTP request may take to come in, body and all; then 408. */
    requestTimeoutMs: variable('EDDYLINE_REQUEST_TIMEOUT', duration().default(120_000), { example: '2m' }),
    logLevel: variable('LOG_LEVEL', z.enum(LOG_LEVELS, `is not one of ${LOG_LEVELS.join(', ')}`).default('info'), {
      example: 'info',
    }),
    /** The service ends when this process is gone. */
    parentPid: variable('EDDYLINE_PARENT_PID', integer(1, 2 ** 31).optional(), { example: '4711' }),
    /** The service ends when its stdin is closed. */
    watchStdin: variable('EDDYLINE_WATCH_STDIN', flag().default(false), { example: 'true' }),
  };
}

export type ServiceConfig = z.infer<z.ZodObject<ReturnType<typeof serviceConfigShape>>>;

/** For services that write to or read from ClickHouse. */
export function clickhouseUrlField() {
  return variable('CLICKHOUSE_URL', httpUrl(), { example: 'http://eddyline:password@127.0.0.1:8123', secret: true });
}

/** For services that read or write model artifacts. */
export function artifactsUriField() {
  return variable('EDDYLINE_ARTIFACTS', storeUri(), { example: 'file:///var/lib/eddyline/artifacts' });
}

/** Checks across fields; give it to `.superRefine` of the service's object. */
export function checkServiceConfig(
  config: Pick<ServiceConfig, 'kafkaSaslMechanism' | 'kafkaSaslUsername' | 'kafkaSaslPassword' | 'maxInFlightBytes'> & {
    readonly maxBodyBytes?: number;
  },
  context: z.RefinementCtx,
): void {
  const issue = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
  if (config.maxBodyBytes !== undefined && config.maxInFlightBytes < config.maxBodyBytes) {
    issue('maxInFlightBytes', 'is less than one body may be (EDDYLINE_MAX_BODY)');
  }
  if (config.kafkaSaslMechanism === undefined) {
    if (config.kafkaSaslUsername !== undefined || config.kafkaSaslPassword !== undefined) {
      issue('kafkaSaslMechanism', 'is needed when KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is set');
    }
    return;
  }
  if (config.kafkaSaslUsername === undefined) issue('kafkaSaslUsername', 'is needed with KAFKA_SASL_MECHANISM');
  if (config.kafkaSaslPassword === undefined) issue('kafkaSaslPassword', 'is needed with KAFKA_SASL_MECHANISM');
}
