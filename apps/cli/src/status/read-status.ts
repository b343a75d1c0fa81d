import { consumerGroupOf, PIPELINE_STREAMS, topicOf, type AppliedPipeline, type PipelineStream } from '#contracts';
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
};
const STAGES = ['validation', 'inference', 'feedback', 'monitoring'] as const;

interface GroupCommits {
  /** Committed offset by topic and partition. */
  readonly offsets: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly dropped: readonly Readonly<Record<string, number>>[];
  readonly members: number;
}

export async function readStatus(applied: AppliedPipeline, connections: Connections): Promise<PipelineStatus> {
  const { name } = applied.definition;
  const admin = await connections.admin();
  const [ends, groups, logged, models] = await Promise.all([
    endsOf(name, connections),
    groupsOf(name, admin),
    loggedOf(name, connections),
    connections.models(),
  ]);
  const champion = models.champion(name);
  return {
    name,
    revision: applied.revision,
    appliedAt: applied.appliedAt,
    appliedBy: applied.appliedBy,
    streams: PIPELINE_STREAMS.map((stream) => streamStatus(name, stream, ends.get(stream) ?? [], groups)),
    dropped: sumDropped([...groups.values()].flatMap((group) => group.dropped)),
    champion: champion
      ? { version: champion.version.version, since: champion.alias.since, sha256: champion.version.sha256 }
      : null,
    logged,
  };
}

async function endsOf(
  name: string,
  connections: Connections,
): Promise<ReadonlyMap<PipelineStream, readonly TopicEnds[]>> {
  const ends = new Map<PipelineStream, readonly TopicEnds[]>();
  // One after the other: a log reader keeps one connection.
  for (const stream of PIPELINE_STREAMS) ends.set(stream, await connections.log().ends(topicOf(name, stream)));
  return ends;
}

async function groupsOf(name: string, admin: Admin): Promise<ReadonlyMap<string, GroupCommits>> {
  const ids = STAGES.map((service) => consumerGroupOf(service, name));
  const { groups: described } = await admin.describeGroups(ids);
  const groups = new Map<string, GroupCommits>();
  for (const service of STAGES) {
    const groupId = consumerGroupOf(service, name);
    const topics = PIPELINE_STREAMS.filter((stream) => CONSUMERS[stream].includes(service)).map((stream) =>
      topicOf(name, stream),
    );
    const committed = await admin.fetchOffsets({ groupId, topics });
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

async function loggedOf(name: string, connections: Connections): Promise<PipelineStatus['logged']> {
  // What Kafka says is worth showing while ClickHouse is away.
  try {
    const [totals] = await runQuery(connections.clickhouse(), logTotalsQuery(name), {});
    if (!totals) return { ok: false, reason: 'no answer' };
    const { predictions, events, quarantined } = totals;
    return { ok: true, predictions: Number(predictions), events: Number(events), quarantined: Number(quarantined) };
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}
