import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { rootCause } from './root-cause.js';

const LEADERS_WITHIN_MS = 15_000;

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  /** Topic-level configuration, e.g. `{ 'cleanup.policy': 'compact' }`. */
  readonly config: Readonly<Record<string, string>>;
}

export type TopicChange =
  | { readonly kind: 'create'; readonly spec: TopicSpec }
  | { readonly kind: 'raise-partitions'; readonly topic: string; readonly from: number; readonly to: number }
  | {
      readonly kind: 'alter-config';
      readonly topic: string;
      readonly name: string;
      readonly from: string;
      readonly to: string;
    }
  /** Kafka cannot do it; nothing is changed when a plan holds one. */
  | { readonly kind: 'refused'; readonly topic: string; readonly message: string };

/** What `ensureTopics` would do. */
export async function planTopics(kafka: Kafka, specs: readonly TopicSpec[]): Promise<readonly TopicChange[]> {
  return withAdmin(kafka, (admin) => plan(admin, specs));
}

/** Creates missing topics, raises partitions, sets configuration. Throws before any change when something is refused. */
export async function ensureTopics(kafka: Kafka, specs: readonly TopicSpec[]): Promise<readonly TopicChange[]> {
  return withAdmin(kafka, async (admin) => {
    const changes = await plan(admin, specs);
    const refused = changes.filter((change) => change.kind === 'refused');
    if (refused.length > 0) throw new Error(refused.map(({ message }) => message).join('\n'));
    await createMissing(
      admin,
      changes.flatMap((change) => (change.kind === 'create' ? [change.spec] : [])),
    );
    for (const change of changes) {
      if (change.kind === 'raise-partitions') {
        await admin.createPartitions({ topicPartitions: [{ topic: change.topic, count: change.to }] });
      }
    }
    const altered = new Set(changes.flatMap((change) => (change.kind === 'alter-config' ? [change.topic] : [])));
    for (const { topic, config } of specs.filter((spec) => altered.has(spec.topic))) {
      // AlterConfigs replaces the whole set of a topic's own settings, so what stands there must be sent along.
      const own = await topicConfig(admin, topic);
      await admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: kafkajs.ConfigResourceTypes.TOPIC,
            name: topic,
            configEntries: Object.entries({ ...own.set, ...config }).map(([name, value]) => ({ name, value })),
          },
        ],
      });
    }
    return changes;
  });
}

/** Deletes, for good, the records of each partition that lie before an offset. Throws when one of them cannot be deleted. */
export async function deleteRecordsBefore(
  kafka: Kafka,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<void> {
  if (offsets.size === 0) return;
  await withAdmin(kafka, async (admin) => {
    await admin.fetchTopicOffsets(topic); // kafkajs looks for leaders among the topics that it has met
    const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

async function plan(admin: Admin, specs: readonly TopicSpec[]): Promise<readonly TopicChange[]> {
  const existing = new Set(await admin.listTopics());
  const changes: TopicChange[] = [];
  for (const spec of specs) {
    if (!existing.has(spec.topic)) {
      changes.push({ kind: 'create', spec });
      continue;
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: [spec.topic] });
    const { all } = await topicConfig(admin, spec.topic);
    changes.push(...topicChanges(spec, { partitions: topics[0]!.partitions.length, config: all }));
  }
  return changes;
}

/** What has to be done so that a topic that exists is as specified. Pure. The replication factor is not Kafka's to change this way. */
export function topicChanges(
  spec: TopicSpec,
  existing: { readonly partitions: number; readonly config: Readonly<Record<string, string>> },
): readonly TopicChange[] {
  const { topic } = spec;
  const changes: TopicChange[] = [];
  if (existing.partitions < spec.partitions) {
    changes.push({ kind: 'raise-partitions', topic, from: existing.partitions, to: spec.partitions });
  } else if (existing.partitions > spec.partitions) {
    changes.push({
      kind: 'refused',
      topic,
      message: `topic ${topic} has ${existing.partitions} partitions and ${spec.partitions} are asked for: Kafka cannot lower them; ask for ${existing.partitions}`,
    });
  }
  for (const [name, to] of Object.entries(spec.config)) {
    const from = existing.config[name] ?? '';
    if (from !== to) changes.push({ kind: 'alter-config', topic, name, from, to });
  }
  return changes;
}

async function createMissing(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  if (specs.length === 0) return;
  await admin.createTopics({
    waitForLeaders: false,
    topics: specs.map(({ topic, partitions, replicationFactor, config }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
    })),
  });
  await awaitLeaders(
    admin,
    specs.map(({ topic }) => topic),
  );
}

/** kafkajs' own wait gives up when the broker that it asks has not yet heard of a topic that the controller has made. */
async function awaitLeaders(admin: Admin, topics: readonly string[]): Promise<void> {
  const deadlineMs = Date.now() + LEADERS_WITHIN_MS;
  for (;;) {
    if (await haveLeaders(admin, topics)) return;
    if (Date.now() > deadlineMs) {
      throw new Error(`created, but without a leader after ${LEADERS_WITHIN_MS / 1_000} s: ${topics.join(', ')}`);
    }
    await delay(50);
  }
}

async function haveLeaders(admin: Admin, topics: readonly string[]): Promise<boolean> {
  try {
    const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
    return metadata.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
  } catch (error) {
    const { type } = rootCause(error);
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE') return false;
    throw error;
  }
}

async function topicConfig(
  admin: Admin,
  topic: string,
): Promise<{ readonly all: Record<string, string>; readonly set: Record<string, string> }> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  });
  const entries = resources[0]?.configEntries ?? [];
  const TOPIC_CONFIG = 1; // DescribeConfigs source: set on the topic itself
  return {
    all: Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue])),
    set: Object.fromEntries(
      entries
        .filter(({ configSource }) => Number(configSource) === TOPIC_CONFIG)
        .map(({ configName, configValue }) => [configName, configValue]),
    ),
  };
}

async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
