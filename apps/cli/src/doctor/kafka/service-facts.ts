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
  const loop = await readLoopService(probe, definition, deadlineMs);
  return {
    services: [...services, ...loop],
    before,
    after: await attempt(deadlineMs, () => readEnds(probe, descriptions)),
  };
}

/** One group leads the loops of all pipelines, unless an instance was given this one alone. */
async function readLoopService(
  probe: ClusterProbe,
  { name, retrain, rollout }: PipelineDefinition,
  deadlineMs: number,
): Promise<readonly ServiceFacts[]> {
  if (retrain === undefined && rollout === undefined) return [];
  const groups = ['eddyline.retraining', consumerGroupOf('retraining', name)];
  const facts = await Promise.all(
    groups.map(async (group): Promise<ServiceFacts> => {
      const [state, mayConsume] = await Promise.all([
        attempt(deadlineMs, () => probe.group(group, [])),
        attempt(deadlineMs, () => probe.mayConsumeWith(group)),
      ]);
      return { service: 'retraining', group, topics: [], state, mayConsume };
    }),
  );
  return [facts.find(({ state }) => state.ok && state.value.members.length > 0) ?? facts[0]!];
}
