import { consumerGroupOf, type PipelineDefinition } from '#contracts';
import type { ClusterProbe, GroupDescription, TopicDescription } from '#platform/kafka';
import { consumersOf } from '../../status/read-status.js';
import { attempt, type Attempt } from '../attempt.js';
import { readEnds, type Ends } from './topic-facts.js';

export interface ServiceFacts {
  readonly service: string;
  readonly group: string;
  /** Topics that it consumes. */
  readonly topics: readonly string[];
  readonly state: Attempt<GroupDescription>;
  readonly mayConsume: Attempt<boolean>;
}

export interface ServicesFacts {
  readonly services: readonly ServiceFacts[];
  /** Taken before the commits were read: an offset that is below these was below when it was committed. */
  readonly before: Attempt<Ends>;
  /** Taken after: an offset that is above these never was within. */
  readonly after: Attempt<Ends>;
}

/** What the consumer groups of a pipeline say of its services. */
export async function readServices(
  probe: ClusterProbe,
  definition: PipelineDefinition,
  descriptions: readonly TopicDescription[],
  deadlineMs: number,
): Promise<ServicesFacts> {
  const before = await attempt(deadlineMs, () => readEnds(probe, descriptions));
  const services = await Promise.all(
    [...consumersOf(definition)].map(async ([service, topics]): Promise<ServiceFacts> => {
      const group = consumerGroupOf(service, definition.name);
      const there = descriptions.filter(({ topic, error }) => error === null && topics.includes(topic));
      const [state, mayConsume] = await Promise.all([
        attempt(deadlineMs, () => probe.group(group, there)),
        attempt(deadlineMs, () => probe.mayConsumeWith(group)),
      ]);
      return { service, group, topics, state, mayConsume };
    }),
  );
  return { services, before, after: await attempt(deadlineMs, () => readEnds(probe, descriptions)) };
}
