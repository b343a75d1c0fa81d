export interface BrokerPlace {
  readonly port: number;
  readonly controllerPort: number;
  readonly dataDir: string;
}

/** Settings of a one-node KRaft broker, in the format of `server.properties`. Comments give reasons where a default was left. */
export function serverProperties(place: BrokerPlace): string {
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${place.controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${place.port},CONTROLLER://127.0.0.1:${place.controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': place.dataDir,
    // One node, few partitions: the defaults (50) make the first group and the first transaction slow.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
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
