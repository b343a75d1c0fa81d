export interface RootCause {
  /** kafkajs' name of a broker's refusal. */
  readonly type: string | undefined;
  /** Number of a broker's refusal, or name of what the system refused. */
  readonly code: number | string | undefined;
  readonly message: string;
}

/** kafkajs wraps what happened in KafkaJSNumberOfRetriesExceeded and KafkaJSNonRetriableError. */
export function rootCause(error: unknown): RootCause {
  let current = error as { type?: string; code?: number | string; message?: string; cause?: unknown };
  while (current.type === undefined && current.cause instanceof Error) current = current.cause as typeof current;
  return { type: current.type, code: current.code, message: current.message ?? String(error) };
}

/** Of a send: at least one of its record batches exceeds the limit of its topic. */
export function isTooLarge(error: unknown): boolean {
  const { type } = rootCause(error);
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE';
}
