import type { Kafka } from 'kafkajs';
import { PublicationFailed, TransactionalPublisher, type Appended } from '#platform/kafka';
import { SendFailed, type ReplaySender } from './replay-quarantine.js';

/** One id per pipeline: whoever opens it last is the only one who can put records back. */
export function replayTransactionalIdOf(pipeline: string): string {
  return `eddyline.replay.${pipeline}`;
}

/** @param onAppended where records landed, told before it is known whether they are committed */
export async function openReplaySender(
  kafka: Kafka,
  pipeline: string,
  onAppended: (appended: Appended) => void,
): Promise<ReplaySender> {
  const publisher = await TransactionalPublisher.open(kafka, replayTransactionalIdOf(pipeline)).catch(translate);
  return {
    send: (messages) => publisher.publish(messages, onAppended).catch(translate),
    close: () => publisher.close(),
  };
}

function translate(error: unknown): never {
  throw error instanceof PublicationFailed ? new SendFailed(error.reason, error.message, { cause: error }) : error;
}
