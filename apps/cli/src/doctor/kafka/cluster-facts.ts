import type { ClusterDescription, ClusterProbe } from '#platform/kafka';
import { attempt, type Attempt } from '../attempt.js';
import type { ClockReading } from '../judge-clock.js';

/** Whose rights are looked at, and where. */
export interface KafkaClient {
  readonly bootstrap: string;
  /** SASL user; undefined when nobody logs in. */
  readonly user?: string;
}

export interface DoorFacts {
  readonly address: string;
  readonly answer: Attempt<void>;
}

export interface BrokerFacts {
  readonly id: number;
  readonly address: string;
  /** Newest version of each API, by key. */
  readonly answer: Attempt<ReadonlyMap<number, number>>;
}

export interface TransactionFacts {
  /** The coordinator that was asked. */
  readonly broker: number;
  /** Null where the transaction log, which tells its time, could not be read. */
  readonly clock: ClockReading | null;
}

export interface ClusterFacts {
  readonly description: ClusterDescription;
  readonly brokers: readonly BrokerFacts[];
  /** A broker's own settings. */
  readonly settings: Attempt<Readonly<Record<string, string>>>;
  readonly transactions: readonly Attempt<TransactionFacts>[];
}

export const OFFSETS_TOPIC = '__consumer_offsets';
export const TRANSACTIONS_TOPIC = '__transaction_state';
/** Where Confluent's registry, Karapace and the local stack's keep the schemas. */
export const SCHEMAS_TOPIC = '_schemas';

/** Begins as the services' ids do, so that a prefixed ACL covers it. */
const TRANSACTIONAL_ID = 'eddyline.doctor';
const CANDIDATES = 64;

/** Tries every address that leads into the cluster, each for itself. */
export function enterCluster(
  probe: ClusterProbe,
  addresses: readonly string[],
  deadlineMs: number,
): readonly Promise<DoorFacts>[] {
  return addresses.map(async (address) => ({ address, answer: await attempt(deadlineMs, () => probe.enter(address)) }));
}

/** Whether one opens; known as soon as the first does, so that one that hangs keeps nobody waiting. */
export function anyOpen(doors: readonly Promise<DoorFacts>[]): Promise<boolean> {
  return Promise.any(
    doors.map(async (door) => {
      if (!(await door).answer.ok) throw new Error('shut');
    }),
  ).then(
    () => true,
    () => false,
  );
}

/** Brokers that a cluster is made for: those that live, and those that are gone but keep replicas. */
export function brokersOf({ brokers, topics }: ClusterDescription): ReadonlySet<number> {
  const keepers = topics.flatMap(({ partitions }) => partitions.flatMap(({ replicas }) => replicas));
  return new Set([...brokers.map(({ id }) => id), ...keepers].sort((a, b) => a - b));
}

/** Asks every broker by itself. Needs an open door. */
export async function readCluster(
  probe: ClusterProbe,
  description: ClusterDescription,
  deadlineMs: number,
): Promise<ClusterFacts> {
  const brokers = Promise.all(
    description.brokers.map(async ({ id, host, port }) => ({
      id,
      address: `${host}:${port}`,
      answer: await attempt(deadlineMs, () => probe.reach(id)),
    })),
  );
  const settings = attempt(deadlineMs, () =>
    probe.brokerSettings(description.controllerId ?? description.brokers[0]!.id),
  );
  return {
    description,
    brokers: await brokers,
    settings: await settings,
    transactions: await readTransactions(probe, deadlineMs),
  };
}

/** Opens one id per coordinator, so that each broker's clock is read and each proves that transactions work. */
async function readTransactions(
  probe: ClusterProbe,
  deadlineMs: number,
): Promise<readonly Attempt<TransactionFacts>[]> {
  const candidates = Array.from({ length: CANDIDATES }, (_, index) => `${TRANSACTIONAL_ID}.${index}`);
  const known = await attempt(deadlineMs, () => probe.coordinatorsOf(candidates));
  const byBroker = new Map<number, string>();
  for (const [id, broker] of known.ok ? known.value : []) if (!byBroker.has(broker)) byBroker.set(broker, id);
  // Before the first transaction of a cluster nobody leads: asking makes the topic.
  const ids =
    byBroker.size === 0 ? [`${TRANSACTIONAL_ID}.0`] : [...byBroker].sort(([a], [b]) => a - b).map(([, id]) => id);
  return Promise.all(ids.map((id) => attempt(deadlineMs, () => probe.openTransactionalId(id))));
}
