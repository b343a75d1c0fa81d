export interface BrokerPlace {
  /** 1 for the first. */
  readonly nodeId: number;
  readonly dataDir: string;
  /** Ports of all brokers of the cluster, in the order of their numbers. */
  readonly cluster: readonly { readonly port: number; readonly controllerPort: number }[];
}

/** Copies of each topic of ours: what a cluster of this size can hold and still lose one broker. */
export function replicationOf(brokerCount: number): { readonly factor: number; readonly minInSync: number } {
  return brokerCount < 3 ? { factor: 1, minInSync: 1 } : { factor: 3, minInSync: 2 };
}

/** Settings of a KRaft broker that is a controller too, in the format of `server.properties`. Comments give reasons where a default was left. */
export function serverProperties(place: BrokerPlace): string {
  const { port, controllerPort } = place.cluster[place.nodeId - 1]!;
  const voters = place.cluster.map((node, index) => `${index + 1}@127.0.0.1:${node.controllerPort}`);
  const { factor, minInSync } = replicationOf(place.cluster.length);
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': place.nodeId,
    'controller.quorum.voters': voters.join(','),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': place.dataDir,
    ...(factor > 1 && { 'default.replication.factor': factor, 'min.insync.replicas': minInSync }),
    // Few partitions: the defaults (50) make the first group and the first transaction slow.
    'offsets.topic.replication.factor': factor,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': minInSync,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': factor,
    'share.coordinator.state.topic.min.isr': minInSync,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Tests kill members by the hundred; with the default (6 s) each would stand still for as long.
    'group.min.session.timeout.ms': 1000,
    'auto.create.topics.enable': false,
    // Topics say their own retention. Without one, replayed history (record timestamps of years ago) must stay.
    'log.retention.ms': -1,
    // After kill -9 a broker is let in again only when its old session has lapsed (9 s by default).
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    // Memory: the compaction buffer is 128 MiB by default, a quarter of this broker's heap.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.recovery.threads.per.data.dir': 2,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
