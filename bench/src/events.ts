import avsc from 'avsc';
import { EVENT_SCHEMA, isValid, workloadEvents, type CardTransaction } from '../workload/src/index.js';
import type { OutboundMessage } from '#platform/outcomes';
import type { Publisher } from '#platform/kafka';

const type = avsc.Type.forSchema(EVENT_SCHEMA as unknown as avsc.Schema);

export const PARTITIONS = 4;

export function encodeEvent(event: CardTransaction, topic: string, schemaId: number, index: number): OutboundMessage {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  const value = Buffer.concat([header, type.toBuffer(event)]);
  return { topic, key: event.card_id, value, partition: index % PARTITIONS };
}

/** The work's events, timed now less their age. */
export function timedEvents(count: number, nowMs: number): CardTransaction[] {
  return [...workloadEvents(count)].map(({ event, ageMs }) => ({ ...event, event_time: nowMs - ageMs }));
}

/** Publishes all events; gives back the valid ones. */
export async function publishEvents(
  publisher: Publisher,
  topic: string,
  schemaId: number,
  count: number,
): Promise<CardTransaction[]> {
  const nowMs = Date.now();
  const events = timedEvents(count, nowMs);
  for (let from = 0; from < count; from += 2_000) {
    const part = events.slice(from, from + 2_000);
    await publisher.publish(part.map((event, i) => encodeEvent(event, topic, schemaId, from + i)));
  }
  return events.filter((event) => isValid(event, nowMs));
}
