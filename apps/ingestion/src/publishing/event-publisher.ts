import { Injectable } from '@nestjs/common';
import { topicOf, type AppliedPipeline } from '#contracts';
import { Publisher, PublishFailed } from '#platform/kafka';
import type { ProblemDetails } from '#platform/service';
import type { Admitted } from '../admission/compile-admission.js';
import { publishProblem } from './publish-problem.js';
import { traceSend } from './send-spans.js';

/** Publishes admitted events; null: acknowledged by all in-sync replicas. */
@Injectable()
export class EventPublisher {
  constructor(private readonly publisher: Publisher) {}

  async publish(
    { definition }: Pick<AppliedPipeline, 'definition'>,
    admitted: readonly Admitted[],
  ): Promise<readonly (ProblemDetails | null)[]> {
    if (admitted.length === 0) return [];
    const { messages, settled } = traceSend(topicOf(definition.name, 'events'), admitted);
    try {
      await this.publisher.publish(messages);
      settled();
      return admitted.map(() => null);
    } catch (error) {
      settled(error as Error);
      const problem = publishProblem(error, definition.topics.maxMessageBytes);
      // What is too large is refused alone: the others of the call are on the topic.
      const refused = error instanceof PublishFailed && error.code === 'too_large' ? error.refused : undefined;
      return admitted.map((_, index) => (refused === undefined || refused.has(index) ? problem : null));
    }
  }
}
