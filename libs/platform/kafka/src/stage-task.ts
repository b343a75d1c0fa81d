import type { EachBatchPayload } from 'kafkajs';

/** One batch of one partition, in hand. */
export interface Task {
  readonly where: string;
  readonly payload: EachBatchPayload;
  /** Of the membership in which it began. */
  readonly generation: number;
  /** A heartbeat was refused or got no answer: the partition may be another member's by now. */
  lost: boolean;
  /** Aborted when the partition is being given up, or may be, and when the service stops. */
  readonly abort: AbortController;
}

/** Whether a batch failed for nothing else than that it was told to end. */
export function isAborted({ abort }: Task, error: unknown): boolean {
  // By its name: it may come from another realm than ours.
  return abort.signal.aborted && (error as { readonly name?: unknown } | undefined)?.name === 'AbortError';
}
