export type RetriableCode =
  | 'kafka_unreachable'
  | 'registry_unreachable'
  | 'clickhouse_unreachable'
  | 'artifact_unreachable'
  | 'receiver_unreachable'
  | 'model_not_loaded';

/**
 * Thrown when something outside is away for a while. The transport keeps the partition's place, waits with back-off and
 * calls the handler again with the same records; callers should not catch it. Anything else that is thrown is a bug:
 * the process stops and offsets stay.
 */
export class Retriable extends Error {
  override readonly name = 'Retriable';

  constructor(
    readonly code: RetriableCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
