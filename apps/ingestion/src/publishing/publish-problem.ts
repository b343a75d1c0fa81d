import { PublishFailed } from '#platform/kafka';
import { problemDetails, type ProblemDetails } from '#platform/service';

/** Seconds after which a sender may try again. */
export const RETRY_AFTER_SECONDS = { overloaded: 1, unreachable: 5 } as const;

/** Why Kafka did not acknowledge an event, as its sender is told. @throws what is no failure to publish */
export function publishProblem(error: unknown, limitBytes: number): ProblemDetails {
  if (!(error instanceof PublishFailed)) throw error;
  switch (error.code) {
    case 'too_large': {
      const detail = `Kafka refused the record as too large; the topic takes at most ${limitBytes} bytes (topics.maxMessageBytes).`;
      return problemDetails(413, 'too_large', detail, { extensions: { limitBytes } });
    }
    case 'overloaded':
      return problemDetails(
        429,
        'overloaded',
        `Nothing was published: ${error.message}. Send it again a little later.`,
      );
    case 'unreachable': {
      const detail = `${error.message}. Whether the event arrived is unknown: send it again with the same id, a duplicate is dropped.`;
      return problemDetails(503, 'kafka_unreachable', detail);
    }
  }
}

/** Whether trying the next events at once would fail for the same reason. */
export function isWidespread({ status }: ProblemDetails): boolean {
  return status === 429 || status === 503;
}

export function retryAfterSecondsOf({ status }: ProblemDetails): number | undefined {
  if (status === 429) return RETRY_AFTER_SECONDS.overloaded;
  return status === 503 ? RETRY_AFTER_SECONDS.unreachable : undefined;
}
