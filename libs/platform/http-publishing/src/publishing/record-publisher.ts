import { PublishFailed, type Publisher } from '#platform/kafka';
import type { ProblemDetails } from '#platform/service';
import type { Admitted } from '../admitted.js';
import type { Subject } from '../candidate.js';
import { publishProblem } from './publish-problem.js';
import { traceSend } from './send-spans.js';

/** Where records go, and how large one may be. */
export interface PublishTarget {
  readonly topic: string;
  readonly maxMessageBytes: number;
  readonly subject: Subject;
}

/** Publishes admitted records; null: acknowledged by all in-sync replicas. */
export async function publishAdmitted(
  publisher: Pick<Publisher, 'publish'>,
  { topic, maxMessageBytes, subject }: PublishTarget,
  admitted: readonly Admitted[],
): Promise<readonly (ProblemDetails | null)[]> {
  if (admitted.length === 0) return [];
  const { messages, settled } = traceSend(topic, admitted);
  try {
    await publisher.publish(messages);
    settled();
    return admitted.map(() => null);
  } catch (error) {
    settled(error as Error);
    const problem = publishProblem(error, maxMessageBytes, subject);
    // What is too large is refused alone: the others of the call are on the topic.
    const refused = error instanceof PublishFailed && error.code === 'too_large' ? error.refused : undefined;
    return admitted.map((_, index) => (refused === undefined || refused.has(index) ? problem : null));
  }
}
