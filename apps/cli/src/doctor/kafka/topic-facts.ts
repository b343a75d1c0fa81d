import type { ClusterProbe, PartitionEnds, TopicDescription } from '#platform/kafka';
import { attempt, type Attempt } from '../attempt.js';

export interface TopicFacts {
  readonly description: TopicDescription;
  /** All settings that apply, the brokers' defaults among them; undefined when there is no such topic. */
  readonly settings?: Attempt<Readonly<Record<string, string>>>;
}

export async function readTopic(
  probe: ClusterProbe,
  description: TopicDescription,
  deadlineMs: number,
): Promise<TopicFacts> {
  if (description.error !== null) return { description };
  return { description, settings: await attempt(deadlineMs, () => probe.topicSettings(description.topic)) };
}

export type Ends = ReadonlyMap<string, readonly PartitionEnds[]>;

/** First and last offsets of topics, by topic; those that are not there are left out. */
export async function readEnds(probe: ClusterProbe, topics: readonly TopicDescription[]): Promise<Ends> {
  const there = topics.filter(({ error }) => error === null);
  return new Map(await Promise.all(there.map(async (topic) => [topic.topic, await probe.ends(topic)] as const)));
}
