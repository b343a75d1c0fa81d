import { Notes, type Finding } from '../finding.js';
import { judgeClock } from '../judge-clock.js';
import {
  brokersOf,
  OFFSETS_TOPIC,
  TRANSACTIONS_TOPIC,
  type BrokerFacts,
  type ClusterFacts,
  type DoorFacts,
  type KafkaClient,
} from './cluster-facts.js';
import { judgeReplication } from './judge-replication.js';
import { permissionCure } from './permission-cure.js';

const PRODUCE = 0;
const INIT_PRODUCER_ID = 22;
/** Newest Produce version → the release that brought it. */
const RELEASES: readonly (readonly [version: number, release: string])[] = [
  [13, '4.1'],
  [12, '4.0'],
  [11, '3.8'],
  [10, '3.7'],
  [9, '2.8'],
  [8, '2.4'],
  [7, '2.1'],
];
/** Records are compressed with zstd, which brokers take since 2.1. */
const OLDEST_PRODUCE = 7;

/** What services rely on in a broker's settings. */
const SETTINGS = [
  {
    name: 'offset.metadata.max.bytes',
    least: 4_096,
    why: 'a checkpoint may not fit beside its offset, and its stage stops',
  },
  { name: 'transaction.max.timeout.ms', least: 30_000, why: 'the stages cannot open their transactions' },
] as const;
const DAY_MINUTES = 1_440;

export function judgeDoors(doors: readonly DoorFacts[], client: KafkaClient, wayOut: string): readonly Finding[] {
  const notes = new Notes('kafka');
  const open = doors.some(({ answer }) => answer.ok);
  for (const { address, answer } of doors) {
    if (answer.ok) continue;
    const { kind, message } = answer.trouble;
    if (kind === 'login') {
      const user = client.user === undefined ? '' : ` of user ${client.user}`;
      notes.fail({
        subject: address,
        message: `the password${user} is refused: ${message}`,
        cure: 'set KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD to what the broker knows',
      });
    } else if (open) {
      notes.warn({
        subject: address,
        message: `no way in here (${message}); the others are not enough when they go as well`,
        cure: 'start that broker, or take its address out of KAFKA_BROKERS',
      });
    } else {
      const hint = client.user === undefined ? ' (does it want KAFKA_TLS=true or KAFKA_SASL_…?)' : '';
      const closed = /closed connection|timed? ?out/i.test(message);
      notes.fail({ subject: address, message: `no answer: ${message}${closed ? hint : ''}`, cure: wayOut });
    }
  }
  return notes.findings;
}

export function judgeCluster(facts: ClusterFacts, client: KafkaClient): readonly Finding[] {
  const { description, brokers, settings } = facts;
  const notes = new Notes('kafka');
  if (description.controllerId === null) {
    notes.fail({
      subject: 'controller',
      message: 'the cluster has no controller: topics cannot be made and leaders not moved',
      cure: "look into the controllers' logs: a majority of the quorum has to be up",
    });
  }
  for (const broker of brokers) judgeBroker(broker, notes);
  const all = brokersOf(description);
  for (const id of all) {
    if (brokers.some((broker) => broker.id === id)) continue;
    notes.fail({
      subject: `broker ${id}`,
      message: 'it keeps replicas, and is not in the cluster now',
      actual: `living: ${brokers.map((broker) => broker.id).join(', ')}`,
      cure: `bring broker ${id} back; its log says why it went`,
    });
  }
  for (const topic of description.topics) {
    if (topic.topic !== OFFSETS_TOPIC && topic.topic !== TRANSACTIONS_TOPIC) continue;
    if (topic.error !== null) continue; // made with the first group and the first transaction
    const kept = judgeReplication(topic.topic, topic.partitions, { brokers: all.size });
    for (const { severity, complaint } of kept) notes[severity](complaint);
    notes.orOk(
      topic.topic,
      `${topic.partitions.length} partitions, ${replicasOf(topic.partitions[0]!.replicas.length, all.size)}`,
    );
  }
  if (settings.ok) judgeSettings(settings.value, notes);
  judgeTransactions(facts, client, notes);
  return notes.findings;
}

function judgeBroker({ id, address, answer }: BrokerFacts, notes: Notes): void {
  const subject = `broker ${id}`;
  if (!answer.ok) {
    notes.fail({
      subject,
      message: `the cluster says that it is at ${address}, and there nothing answers from here: ${answer.trouble.message}`,
      cure: `start it; if it runs, set its advertised.listeners to an address that clients reach`,
    });
    return;
  }
  const produce = answer.value.get(PRODUCE) ?? 0;
  if (produce < OLDEST_PRODUCE || !answer.value.has(INIT_PRODUCER_ID)) {
    notes.fail({
      subject,
      message: 'it is too old for zstd and transactions',
      actual: 'Kafka before 2.1',
      expected: '2.1 or newer',
      cure: 'upgrade the broker',
    });
    return;
  }
  const release = RELEASES.find(([version]) => produce >= version)?.[1] ?? '2.1';
  notes.ok(subject, `${address}, Kafka ${release} or newer`);
}

function judgeSettings(settings: Readonly<Record<string, string>>, notes: Notes): void {
  for (const { name, least, why } of SETTINGS) {
    const actual = Number(settings[name] ?? least);
    if (actual >= least) continue;
    const cure = `set ${name}=${least} in the brokers' server.properties`;
    notes.fail({ subject: name, message: why, actual: String(actual), expected: `${least} or more`, cure });
  }
  const name = 'offsets.retention.minutes';
  const minutes = Number(settings[name] ?? DAY_MINUTES);
  if (minutes < DAY_MINUTES) {
    notes.warn({
      subject: name,
      message: 'a service that is down for longer forgets where it was, and does all that the log holds again',
      actual: `${minutes}`,
      expected: `${DAY_MINUTES} (a day) or more`,
      cure: `set ${name}=10080 in the brokers' server.properties`,
    });
  }
}

function judgeTransactions({ transactions }: ClusterFacts, client: KafkaClient, notes: Notes): void {
  const subject = 'transactions';
  for (const asked of transactions) {
    if (!asked.ok) {
      const { kind, message } = asked.trouble;
      if (kind === 'denied') {
        const resource = { kind: 'transactional-id', name: 'eddyline.', prefix: true } as const;
        const cure = permissionCure(client, ['Write', 'Describe'], resource);
        notes.fail({ subject, message: `transactional ids may not be used: ${message}`, cure });
      } else {
        const cure = `look into the brokers' logs; ${TRANSACTIONS_TOPIC} has to be led and in sync`;
        notes.fail({ subject, message: `no transaction can be opened: ${message}`, cure });
      }
      continue;
    }
    const { broker, clock } = asked.value;
    const name = `clock of broker ${broker}`;
    if (clock === null) {
      notes.ok(name, `not known: ${TRANSACTIONS_TOPIC}, which tells it, could not be read`);
      continue;
    }
    const wrong = judgeClock(name, clock);
    if (wrong === undefined)
      notes.ok(name, `within ${Math.abs(clock.aheadMs) + clock.uncertainMs} ms of this machine's`);
    else notes[wrong.severity](wrong.complaint);
  }
  notes.orOk(subject, 'can be opened');
}

/** One replica is all that one broker can keep: worth saying, and nothing to warn of. */
export function replicasOf(factor: number, brokers: number): string {
  if (factor === 1 && brokers === 1) return '1 replica on the only broker';
  return factor === 1 ? '1 replica' : `${factor} replicas`;
}
