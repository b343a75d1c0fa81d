import { eventually } from '#platform/testing';
import type { Kafka } from 'kafkajs';
import { readPartition } from '#platform/kafka';

/** The values on partition 0 of a topic that can be read now, in order. */
export async function readableOn(kafka: Kafka, topic: string): Promise<readonly string[]> {
  const values: string[] = [];
  for await (const records of readPartition(kafka, topic, 0, 0)) {
    values.push(...records.map(({ value }) => String(value)));
  }
  return values;
}

/** The same of a topic on which something was committed: it can be read when the broker has written the markers, a moment after it has answered. */
export async function committedOn(kafka: Kafka, topic: string): Promise<readonly string[]> {
  return eventually(async () => {
    const values = await readableOn(kafka, topic);
    return values.length > 0 && values;
  });
}
