import kafkajs, { type Kafka } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { METADATA_API, metadataRequest, type ClusterDescription, type TopicDescription } from './cluster-metadata.js';
import { createCluster, type FetchedMessage } from './kafkajs-internals.js';
import { rootCause } from './root-cause.js';

/** Requests of kafkajs' brokers that a probe makes: each once, without its retries, so that a refusal is seen as it came. */
interface RawBroker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: { send(request: object): Promise<unknown> };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(query: {
    groupId: string;
    coordinatorType: number;
  }): Promise<{ coordinator: { nodeId: number } }>;
  describeGroups(query: {
    groupIds: string[];
  }): Promise<{ groups: { state: string; members: { memberId: string; clientHost: string }[] }[] }>;
  offsetFetch(query: { groupId: string; topics: TopicPartitions[] }): Promise<{
    responses: { topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[];
  }>;
  heartbeat(query: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  initProducerId(query: { transactionalId: string; transactionTimeout: number }): Promise<unknown>;
  describeConfigs(query: { resources: { type: number; name: string }[] }): Promise<{
    resources: { configEntries: { configName: string; configValue: string }[] }[];
  }>;
  listOffsets(query: {
    replicaId: number;
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[];
  }): Promise<{ responses: { partitions: { partition: number; offset: string }[] }[] }>;
  fetch(query: {
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { partitions: { messages: FetchedMessage[] }[] }[] }>;
}

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number }[];
}

interface Internals {
  readonly connectionPoolBuilder: { build(place: { host: string; port: number }): Promise<unknown> };
  readonly brokerPool: { createBroker(options: object): RawBroker };
}

export interface PartitionEnds {
  readonly partition: number;
  readonly low: number;
  /** One more than the last offset that read-committed readers see. */
  readonly high: number;
}

export interface GroupDescription {
  readonly group: string;
  /** `Stable`, `Empty`, `PreparingRebalance`, …; `Dead` when there is no such group. */
  readonly state: string;
  readonly members: readonly { readonly id: string; readonly host: string }[];
  readonly commits: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly metadata: string | null;
  }[];
}

const READ_COMMITTED = 1;
const READ_UNCOMMITTED = 0;
const LATEST = '-1';
const EARLIEST = '-2';
const GROUP = 0;
const TRANSACTION = 1;
const TRANSACTION_LOG = '__transaction_state';
const NOT_YET = new Set([
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'CONCURRENT_TRANSACTIONS',
]);
const NOT_YET_MS = { pause: 150, most: 3_000 } as const;

/**
 * Questions to a cluster that change nothing in it but the epoch of the transactional ids that it is given. Every broker
 * is asked by itself, nothing is retried but what a coordinator says while it loads, and one answer never hides another.
 * Errors are kafkajs' own.
 */
export class ClusterProbe {
  private readonly internals: Internals;
  private readonly opened: Promise<RawBroker>[] = [];
  private readonly byId = new Map<number, Promise<RawBroker>>();
  private places: ClusterDescription['brokers'] = [];
  private seed: RawBroker | undefined;

  constructor(kafka: Kafka) {
    this.internals = createCluster(kafka) as unknown as Internals;
  }

  /** Connects and authenticates to one of the addresses that lead into the cluster; the first that answers is asked from then on. */
  async enter(address: string): Promise<void> {
    const split = address.lastIndexOf(':');
    const broker = await this.open(address.slice(0, split).replace(/^\[|\]$/g, ''), Number(address.slice(split + 1)));
    // What a broker that wants another way in (TLS, SASL) refuses first.
    await metadataOf(broker, []);
    this.seed ??= broker;
  }

  async describe(topics: readonly string[]): Promise<ClusterDescription> {
    const description = await metadataOf(this.anyBroker(), topics);
    this.places = description.brokers;
    return description;
  }

  /** Reaches a broker at the address that it advertises. Answers the newest version of each API that it speaks, by key. */
  async reach(brokerId: number): Promise<ReadonlyMap<number, number>> {
    const { versions } = await this.broker(brokerId);
    return new Map(Object.entries(versions).map(([key, { maxVersion }]) => [Number(key), maxVersion]));
  }

  async topicSettings(topic: string): Promise<Readonly<Record<string, string>>> {
    return this.settings(this.anyBroker(), kafkajs.ConfigResourceTypes.TOPIC, topic);
  }

  async brokerSettings(brokerId: number): Promise<Readonly<Record<string, string>>> {
    return this.settings(await this.broker(brokerId), kafkajs.ConfigResourceTypes.BROKER, String(brokerId));
  }

  /** Partitions without a leader are left out. */
  async ends({ topic, partitions }: TopicDescription): Promise<readonly PartitionEnds[]> {
    const leaders = Map.groupBy(
      partitions.filter(({ leader }) => leader !== null),
      ({ leader }) => leader!,
    );
    const answers = await Promise.all(
      [...leaders].map(async ([leader, led]) => {
        const broker = await this.broker(leader);
        const ids = led.map(({ partition }) => partition);
        const low = await offsetsOf(broker, topic, ids, EARLIEST, READ_COMMITTED);
        const high = await offsetsOf(broker, topic, ids, LATEST, READ_COMMITTED);
        return ids.map((partition) => ({
          partition,
          low: low.get(partition) ?? 0,
          high: high.get(partition) ?? 0,
        }));
      }),
    );
    return answers.flat().sort((a, b) => a.partition - b.partition);
  }

  /** Members and commits of a consumer group; needs the right to describe it. */
  async group(group: string, topics: readonly TopicDescription[]): Promise<GroupDescription> {
    const coordinator = await this.coordinatorOf(group, GROUP);
    const { groups } = await coordinator.describeGroups({ groupIds: [group] });
    const { responses } = await coordinator.offsetFetch({
      groupId: group,
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => ({ partition })),
      })),
    });
    return {
      group,
      state: groups[0]?.state ?? 'Dead',
      members: (groups[0]?.members ?? []).map(({ memberId, clientHost }) => ({ id: memberId, host: clientHost })),
      commits: responses.flatMap(({ topic, partitions }) =>
        partitions
          .filter(({ offset }) => Number(offset) >= 0)
          .map(({ partition, offset, metadata }) => ({ topic, partition, offset: Number(offset), metadata })),
      ),
    };
  }

  /** Whether this client may consume with a group. Asked by a heartbeat of a member that is none, which has no other effect. */
  async mayConsumeWith(group: string): Promise<boolean> {
    const coordinator = await this.coordinatorOf(group, GROUP);
    try {
      await coordinator.heartbeat({ groupId: group, groupGenerationId: 0, memberId: 'eddyline-doctor' });
    } catch (error) {
      return rootCause(error).type !== 'GROUP_AUTHORIZATION_FAILED';
    }
    return true;
  }

  /**
   * Opens a transactional id, as a producer does first, and reads the time that its coordinator wrote beside it.
   * `aheadMs` is how far the coordinator's clock is ahead of ours, give or take `uncertainMs`; null where the transaction
   * log may not be read.
   */
  async openTransactionalId(
    transactionalId: string,
  ): Promise<{ readonly broker: number; readonly clock: { aheadMs: number; uncertainMs: number } | null }> {
    const began = Date.now();
    const [coordinator, broker] = await this.patiently(async () => {
      const { nodeId } = await this.findCoordinator(transactionalId, TRANSACTION);
      const found = await this.broker(nodeId);
      await found.initProducerId({ transactionalId, transactionTimeout: 10_000 });
      return [nodeId, found] as const;
    });
    const ended = Date.now();
    const writtenMs = await this.writtenAt(broker, transactionalId).catch(() => null);
    if (writtenMs === null) return { broker: coordinator, clock: null };
    return {
      broker: coordinator,
      clock: { aheadMs: Math.round(writtenMs - (began + ended) / 2), uncertainMs: Math.ceil((ended - began) / 2) },
    };
  }

  /** Brokers that lead the transactional ids given, as far as `__transaction_state` can be seen. */
  async coordinatorsOf(transactionalIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { partitions } = (await this.describe([TRANSACTION_LOG])).topics[0]!;
    return new Map(
      transactionalIds.flatMap((id) => {
        const leader = partitions[slotOf(id, partitions.length)]?.leader;
        return leader === undefined || leader === null ? [] : [[id, leader]];
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.opened.map(async (broker) => (await broker).disconnect()));
  }

  private async writtenAt(broker: RawBroker, transactionalId: string): Promise<number | null> {
    const { partitions } = (await this.describe([TRANSACTION_LOG])).topics[0]!;
    const partition = slotOf(transactionalId, partitions.length);
    const high = (await offsetsOf(broker, TRANSACTION_LOG, [partition], LATEST, READ_UNCOMMITTED)).get(partition) ?? 0;
    const low = (await offsetsOf(broker, TRANSACTION_LOG, [partition], EARLIEST, READ_UNCOMMITTED)).get(partition) ?? 0;
    // Others write there as well; ours is among the last.
    const from = Math.max(low, high - 100);
    const { responses } = await broker.fetch({
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: 200,
      minBytes: 1,
      maxBytes: 1 << 20,
      topics: [{ topic: TRANSACTION_LOG, partitions: [{ partition, fetchOffset: String(from), maxBytes: 1 << 20 }] }],
    });
    const ours = responses[0]?.partitions[0]?.messages.findLast(({ key }) => key?.includes(transactionalId) === true);
    return ours === undefined ? null : Number(ours.timestamp);
  }

  private async coordinatorOf(name: string, kind: number): Promise<RawBroker> {
    return this.patiently(async () => this.broker((await this.findCoordinator(name, kind)).nodeId));
  }

  private async findCoordinator(name: string, kind: number): Promise<{ nodeId: number }> {
    return (await this.anyBroker().findGroupCoordinator({ groupId: name, coordinatorType: kind })).coordinator;
  }

  /** Coordinators say so while they are being made or loaded: for seconds after a broker's start. */
  private async patiently<T>(ask: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + NOT_YET_MS.most;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!NOT_YET.has(rootCause(error).type ?? '') || Date.now() > deadline) throw error;
        await delay(NOT_YET_MS.pause);
      }
    }
  }

  private async settings(asked: RawBroker, type: number, name: string): Promise<Readonly<Record<string, string>>> {
    const { resources } = await asked.describeConfigs({ resources: [{ type, name }] });
    const entries = resources[0]?.configEntries ?? [];
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
  }

  private anyBroker(): RawBroker {
    if (this.seed === undefined) throw new Error('enter the cluster first');
    return this.seed;
  }

  private broker(id: number): Promise<RawBroker> {
    const known = this.byId.get(id);
    if (known !== undefined) return known;
    const place = this.places.find((broker) => broker.id === id);
    if (place === undefined) return Promise.reject(new Error(`the cluster names no broker ${id}`));
    const opening = this.open(place.host, place.port);
    this.byId.set(id, opening);
    return opening;
  }

  private open(host: string, port: number): Promise<RawBroker> {
    const opening = (async () => {
      const connectionPool = await this.internals.connectionPoolBuilder.build({ host, port });
      const broker = this.internals.brokerPool.createBroker({ connectionPool, logger: SILENT_LOGGER });
      await broker.connect();
      return broker;
    })();
    this.opened.push(opening);
    return opening;
  }
}

const SILENT_LOGGER = { namespace: () => ({ debug() {}, info() {}, warn() {}, error() {} }) };

async function metadataOf(broker: RawBroker, topics: readonly string[]): Promise<ClusterDescription> {
  const request = metadataRequest(topics, broker.versions[METADATA_API]?.maxVersion ?? 0);
  return (await broker.connectionPool.send(request)) as ClusterDescription;
}

async function offsetsOf(
  broker: RawBroker,
  topic: string,
  partitions: readonly number[],
  timestamp: string,
  isolationLevel: number,
): Promise<ReadonlyMap<number, number>> {
  const { responses } = await broker.listOffsets({
    replicaId: -1,
    isolationLevel,
    topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }],
  });
  return new Map((responses[0]?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
}

/** The partition of an internal topic that keeps a name: the magnitude of Java's hash of it. */
function slotOf(name: string, partitions: number): number {
  let hash = 0;
  for (let index = 0; index < name.length; index++) hash = (Math.imul(hash, 31) + name.charCodeAt(index)) | 0;
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitions;
}
