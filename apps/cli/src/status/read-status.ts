import {
  consumerGroupOf,
  streamsOf,
  topicOf,
  type AppliedPipeline,
  type PipelineDefinition,
  type PipelineStream,
} from '#contracts';
import { logTotalsQuery, runQuery } from '#platform/clickhouse';
import { decodeOffsetMetadata } from '#platform/kafka';
import type { Admin } from 'kafkajs';
import type { Connections } from '../connections/connections.js';
import { messageOf } from '../terminal/failure.js';
import { lagOf, sumDropped, type PipelineStatus, type StreamStatus, type TopicEnds } from './pipeline-status.js';

/** Which services consume which of a pipeline's topics. */
export const CONSUMERS: Readonly<Record<PipelineStream, readonly string[]>> = {
  events: ['validation'],
  validated: ['inference'],
  predictions: ['monitoring'],
  quarantine: ['monitoring'],
  labels: ['feedback'],
  'label-retries': ['feedback'],
  outcomes: ['monitoring'],
  alerts: ['monitoring'],
  shadows: ['monitoring'],
  explanations: ['monitoring'],
};

/** The services that consume a pipeline's topics, with the topics that each consumes. */
export function consumersOf(definition: PipelineDefinition): ReadonlyMap<string, readonly string[]> {
  const consumers = new Map<string, string[]>();
  for (const stream of streamsOf(definition)) {
    const explains = stream === 'predictions' && definition.explain !== undefined;
    for (const service of [...CONSUMERS[stream], ...(explains ? ['explanation'] : [])]) {
      consumers.set(service, [...(consumers.get(service) ?? []), topicOf(definition.name, stream)]);
    }
  }
  return consumers;
}

interface GroupCommits {
  /** Committed offset by topic and partition. */
  readonly offsets: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly dropped: readonly Readonly<Record<string, number>>[];
  readonly members: number;
}

export async function readStatus(applied: AppliedPipeline, connections: Connections): Promise<PipelineStatus> {
  const { definition } = applied;
  const { name } = definition;
  const streams = streamsOf(definition);
  const admin = await connections.admin();
  const [ends, groups, logged, models] = await Promise.all([
    endsOf(name, streams, connections),
    groupsOf(definition, admin),
    loggedOf(definition, connections),
    connections.models(),
  ]);
  const champion = models.champion(name);
  return {
    name,
    revision: applied.revision,
    appliedAt: applied.appliedAt,
    appliedBy: applied.appliedBy,
    streams: streams.map((stream) => streamStatus(name, stream, ends.get(stream) ?? [], groups)),
    dropped: sumDropped([...groups.values()].flatMap((group) => group.dropped)),
    champion: champion
      ? { version: champion.version.version, since: champion.appointment.since, sha256: champion.version.sha256 }
      : null,
    challenger: models.serving(name)?.challenger ?? null,
    rollout: models.lifecycle(name)?.rollout ?? null,
    run: models.lifecycle(name)?.run ?? null,
    flags: models.flags(name),
    logged,
  };
}

async function endsOf(
  name: string,
  streams: readonly PipelineStream[],
  connections: Connections,
): Promise<ReadonlyMap<PipelineStream, readonly TopicEnds[]>> {
  const ends = new Map<PipelineStream, readonly TopicEnds[]>();
  // One after the other: a log reader keeps one connection.
  for (const stream of streams) ends.set(stream, await connections.log().ends(topicOf(name, stream)));
  return ends;
}

async function groupsOf(definition: PipelineDefinition, admin: Admin): Promise<ReadonlyMap<string, GroupCommits>> {
  const consumers = consumersOf(definition);
  const ids = [...consumers.keys()].map((service) => consumerGroupOf(service, definition.name));
  const { groups: described } = await admin.describeGroups(ids);
  const groups = new Map<string, GroupCommits>();
  for (const [service, topics] of consumers) {
    const groupId = consumerGroupOf(service, definition.name);
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
    groups.set(service, {
      members: described.find((group) => group.groupId === groupId)?.members.length ?? 0,
      offsets: new Map(
        committed.map(({ topic, partitions }) => [
          topic,
          new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)])),
        ]),
      ),
      dropped: committed.flatMap(({ partitions }) =>
        partitions.map(({ metadata }) => decodeOffsetMetadata(metadata).dropped),
      ),
    });
  }
  return groups;
}

function streamStatus(
  name: string,
  stream: PipelineStream,
  ends: readonly TopicEnds[],
  groups: ReadonlyMap<string, GroupCommits>,
): StreamStatus {
  const topic = topicOf(name, stream);
  return {
    stream,
    topic,
    partitions: ends.length,
    end: ends.reduce((sum, { high }) => sum + high, 0),
    groups: CONSUMERS[stream].map((service) => {
      const group = groups.get(service);
      return { service, lag: lagOf(ends, group?.offsets.get(topic) ?? new Map()), members: group?.members ?? 0 };
    }),
  };
}

async function loggedOf(definition: PipelineDefinition, connections: Connections): Promise<PipelineStatus['logged']> {
  // What Kafka says is worth showing while ClickHouse is away.
  try {
    const [totals] = await runQuery(connections.clickhouse(), logTotalsQuery(definition), {});
    if (!totals) return { ok: false, reason: 'no answer' };
    const { predictions, events, quarantined, labels, outcomes, firing } = totals;
    return {
      ok: true,
      predictions: Number(predictions),
      events: Number(events),
      quarantined: Number(quarantined),
      ...(definition.label !== undefined && { labels: Number(labels), outcomes: Number(outcomes) }),
      ...(definition.monitoring !== undefined && { firing: Number(firing) }),
    };
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}
