import { SchemaRegistryError } from '#platform/avro';
import { ClickHouseRefused } from '#platform/clickhouse';
import { PublishFailed } from '#platform/kafka';
import { ModelRejected } from '#platform/onnx';
import { Retriable } from '#platform/outcomes';
import type { Addresses } from '../cli.config.js';
import { CliFailure, messageOf } from '../terminal/failure.js';

/** kafkajs' errors for a broker that does not answer, by name: its classes wrap one another. */
const KAFKA_AWAY =
  /^KafkaJS(Connection|NumberOfRetriesExceeded|RequestTimeout|BrokerNotFound|LockTimeout|GroupCoordinatorNotFound)/;
const SOCKET_AWAY = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'EAI_AGAIN']);

/** What a person can do about an error that something outside caused; undefined for a bug, which keeps its stack. */
export function explainFailure(error: unknown, addresses: Addresses): string | undefined {
  if (error instanceof CliFailure) return error.message;
  if (error instanceof PublishFailed) return `Kafka did not take the messages (${error.code}): ${error.message}`;
  if (error instanceof Retriable) return `${error.message}\n${wayOut(addresses)}`;
  if (error instanceof SchemaRegistryError) return `the schema registry refused (${error.errorCode}): ${error.message}`;
  if (error instanceof ClickHouseRefused) return `${error.message}: ${error.detail}`;
  if (error instanceof ModelRejected) return error.message;
  if (!(error instanceof Error)) return undefined;
  if (KAFKA_AWAY.test(error.name)) {
    return `no answer from Kafka at ${addresses.kafkaBrokers?.join(', ') ?? 'the brokers'}: ${error.message}\n${wayOut(addresses)}`;
  }
  if (error.name.startsWith('KafkaJS')) return `Kafka: ${error.message}`;
  const code = (error as NodeJS.ErrnoException).code ?? (error.cause as NodeJS.ErrnoException | undefined)?.code;
  if (code !== undefined && SOCKET_AWAY.has(code)) return `${messageOf(error)} (${code})\n${wayOut(addresses)}`;
  return undefined;
}

function wayOut({ stackFile }: Addresses): string {
  return stackFile === undefined
    ? 'Is it running, and do KAFKA_BROKERS, SCHEMA_REGISTRY_URL and CLICKHOUSE_URL name the right place?'
    : `The address is from ${stackFile}: is the local stack still running (eddyline stack)?`;
}
