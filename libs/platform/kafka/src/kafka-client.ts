import kafkajs, { type Kafka, type KafkaConfig, type LogEntry } from 'kafkajs';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import './aborted-records.js';
import { SILENT, type Logger } from './log.js';
import './request-queue.js';

export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
  /** Makes the connections; tests put faults there. */
  readonly socketFactory?: KafkaConfig['socketFactory'];
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

// kafkajs has no zstd of its own; Node ≥ 22.15 has, so no native package is needed.
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

/** Errors that kafkajs logs on its way to a retry that it then makes: news for a debugger, not for an operator. */
const RETRIED =
  /GROUP_COORDINATOR_NOT_AVAILABLE|COORDINATOR_LOAD_IN_PROGRESS|GROUP_LOAD_IN_PROGRESS|CONCURRENT_TRANSACTIONS|concurrent operation on the same transaction|transactional writes|ongoing multi-partition|rebalancing|REBALANCE_IN_PROGRESS|Limiting retries for the idempotent producer|coordinator is not (?:available|aware)|is loading/i;

/**
 * A kafkajs client that speaks zstd and logs through `log`. Never run two consumers of one group on one client: they
 * would share, and clear, the same table of committed offsets.
 */
export function createKafka(connection: KafkaConnection, log: Logger = SILENT): Kafka {
  return new kafkajs.Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    ...(connection.sasl === undefined ? {} : { sasl: connection.sasl }),
    ...(connection.socketFactory === undefined ? {} : { socketFactory: connection.socketFactory }),
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 30, multiplier: 1.6, maxRetryTime: 2_000, retries: 8 },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => (entry) => forward(entry, log),
  });
}

function forward({ level, namespace, log: { message, timestamp: _, ...fields } }: LogEntry, log: Logger): void {
  const text = `kafkajs ${namespace}: ${message}`;
  const detail = typeof fields['error'] === 'string' ? `${message} ${fields['error']}` : message;
  if (level <= kafkajs.logLevel.WARN && RETRIED.test(detail)) log.debug(fields, text);
  else if (level === kafkajs.logLevel.ERROR)
    log.warn(fields, text); // what matters reaches us as an exception as well
  else if (level === kafkajs.logLevel.WARN) log.warn(fields, text);
  else log.debug(fields, text);
}
