import { PublishFailed } from '#platform/kafka';
import { problemDetails, type ProblemDetails } from '#platform/service';
import type { Subject } from '../candidate.js';

/** Seconds after which a sender may try again. */
export const RETRY_AFTER_SECONDS = { overloaded: 1, unreachable: 5 } as const;

/** What becomes of an event or label that is sent twice. */
const SENT_TWICE: Readonly<Record<Subject, string>> = {
  event: 'send it again with the same id, a duplicate is dropped',
  label: 'send it again, a duplicate changes nothing',
};

/** Why Kafka did not acknowledge a record, as its sender is told. @throws what is no failure to publish */
export function publishProblem(error: unknown, limitBytes: number, subject: Subject = 'event'): ProblemDetails {
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
      const detail = `${error.message}. Whether the ${subject} arrived is unknown: ${SENT_TWICE[subject]}.`;
      return problemDetails(503, 'kafka_unreachable', detail);
    }
  }
}

/** Whether trying the next ones at once would fail for the same reason. */
export function isWidespread({ status }: ProblemDetails): boolean {
  return status === 429 || status === 503;
}

export function retryAfterSecondsOf({ status }: ProblemDetails): number | undefined {
  if (status === 429) return RETRY_AFTER_SECONDS.overloaded;
  return status === 503 ? RETRY_AFTER_SECONDS.unreachable : undefined;
}
