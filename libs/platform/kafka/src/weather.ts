import { Retriable } from '#platform/outcomes';
import { InputsTooLarge, QuarantineRefuses } from './delivery.js';
import { OwnershipUnsure } from './intent-delivery.js';
import { TransactionFailed } from './transactional-producer.js';

const WAIT_MS = { first: 100, most: 10_000 } as const;

const WEATHER = [Retriable, TransactionFailed, OwnershipUnsure, InputsTooLarge, QuarantineRefuses];

/** Whether a batch that failed with this is to be tried again, unchanged. */
export function isWeather(error: unknown): boolean {
  if (WEATHER.some((kind) => error instanceof kind)) return true;
  // What kafkajs itself throws from acquiring, reading and committing: an unreachable or changing cluster.
  return error instanceof Error && error.name.startsWith('KafkaJS');
}

/** @param attempt 1 for the first failure */
export function backoffMs(attempt: number): number {
  return Math.min(WAIT_MS.most, WAIT_MS.first * 2 ** Math.min(attempt - 1, 10));
}
