import { LIFECYCLE_EVENT_SCHEMA, LIFECYCLE_TOPIC, lifecyclePartitionOf, type LifecycleEvent } from '#contracts';
import { toLifecycleEvent } from '#platform/control';
import type { Connections } from '../connections/connections.js';
import { CliFailure } from '../terminal/failure.js';

/** Everything that was ever decided about a pipeline's models, in order, from the log itself. */
export async function readLifecycleEvents(
  pipeline: string,
  connections: Connections,
): Promise<readonly LifecycleEvent[]> {
  if (!(await connections.topics()).has(LIFECYCLE_TOPIC)) return [];
  return (await readLifecycleFrom(0, pipeline, connections)).events;
}

/** What was decided from an offset of the pipeline's partition on, and the offset to go on from. */
export async function readLifecycleFrom(
  from: number,
  pipeline: string,
  connections: Connections,
): Promise<{ readonly events: readonly LifecycleEvent[]; readonly next: number }> {
  const decoder = connections.codecs().decoderFor(LIFECYCLE_EVENT_SCHEMA);
  const events: LifecycleEvent[] = [];
  let next = from;
  for await (const records of connections.log().read(LIFECYCLE_TOPIC, lifecyclePartitionOf(pipeline), from)) {
    const own = records.filter(({ key, value }) => value !== null && key?.toString() === pipeline);
    await decoder.prefetch(own.map(({ value }) => value!));
    for (const { offset, value } of own) {
      const decoded = decoder.decode(value!);
      if (!decoded.ok) {
        throw new CliFailure(`the record at offset ${offset} of ${LIFECYCLE_TOPIC} can't be read: ${decoded.message}`);
      }
      events.push(toLifecycleEvent(decoded.value));
    }
    next = records.at(-1)!.offset + 1;
  }
  return { events, next };
}
