import { topicChanges, type KafkaOperation, type TopicChange, type TopicSpec } from '#platform/kafka';
import { formatBytes, formatDuration } from '../../terminal/quantities.js';
import type { Notes } from '../finding.js';
import type { KafkaClient } from './cluster-facts.js';
import { replicasOf } from './judge-cluster.js';
import { judgeReplication } from './judge-replication.js';
import { permissionCure } from './permission-cure.js';
import type { TopicFacts } from './topic-facts.js';

/** What the services and the command line need to do with a topic of Eddyline's, and what fails without it. */
const NEEDED: readonly {
  readonly operation: KafkaOperation;
  readonly severity: 'warn' | 'fail';
  readonly for: string;
}[] = [
  { operation: 'Read', severity: 'fail', for: 'services cannot consume' },
  { operation: 'Write', severity: 'fail', for: 'services cannot produce' },
  { operation: 'DescribeConfigs', severity: 'warn', for: 'how large a record may be stays unknown' },
  { operation: 'AlterConfigs', severity: 'warn', for: 'eddyline apply cannot change it' },
];

export interface TopicExpectation {
  readonly spec: TopicSpec;
  readonly brokers: number;
  /** What makes it as it is declared. */
  readonly applyCommand: string;
  readonly client: KafkaClient;
}

/** A topic against what is declared of it. Pure. */
export function judgeTopic(
  { description, settings }: TopicFacts,
  { spec, brokers, applyCommand, client }: TopicExpectation,
  notes: Notes,
): void {
  const { topic } = spec;
  if (description.error !== null) return judgeAbsence(description.error, topic, applyCommand, client, notes);

  const config = settings?.ok === true ? settings.value : undefined;
  for (const change of topicChanges(config === undefined ? { ...spec, config: {} } : spec, {
    partitions: description.partitions.length,
    config: config ?? {},
  })) {
    judgeChange(change, spec, applyCommand, notes);
  }
  const minInSync = config?.['min.insync.replicas'];
  for (const { severity, complaint } of judgeReplication(topic, description.partitions, {
    brokers,
    declared: spec.replicationFactor,
    ...(minInSync !== undefined && { minInSync: Number(minInSync) }),
  })) {
    notes[severity](complaint);
  }
  judgePermissions(description.allowed, topic, client, notes);
  if (settings?.ok === false && settings.trouble.kind !== 'denied') {
    notes.warn({
      subject: topic,
      message: `its settings could not be read: ${settings.trouble.message}`,
      cure: 'run eddyline doctor again; if it stays, look into the log of the broker',
    });
  }
  notes.orOk(topic, describeTopic(description.partitions, brokers, config));
}

function judgeAbsence(error: string, topic: string, applyCommand: string, client: KafkaClient, notes: Notes): void {
  if (error === 'UNKNOWN_TOPIC_OR_PARTITION') {
    const message = 'there is no such topic: what is meant for it waits or is refused';
    notes.fail({ subject: topic, message, actual: 'missing', cure: applyCommand });
  } else if (error === 'TOPIC_AUTHORIZATION_FAILED') {
    const cure = permissionCure(client, ['Describe', 'Read', 'Write'], { kind: 'topic', name: topic });
    notes.fail({ subject: topic, message: 'it may not even be looked at', actual: error, cure });
  } else {
    notes.fail({
      subject: topic,
      message: `Kafka cannot tell of it: ${error}`,
      cure: 'run eddyline doctor again; if it stays, look into the log of the controller',
    });
  }
}

function judgeChange(change: TopicChange, spec: TopicSpec, applyCommand: string, notes: Notes): void {
  const subject = spec.topic;
  switch (change.kind) {
    case 'raise-partitions':
      return notes.fail({
        subject,
        message: 'fewer partitions than declared: a stage that writes to the same partition number as it reads fails',
        actual: partitionsOf(change.from),
        expected: String(change.to),
        cure: applyCommand,
      });
    case 'refused':
      return notes.fail({
        subject,
        message: change.message,
        cure: 'set topics.partitions in the pipeline file to what the topic has, and apply it',
      });
    case 'alter-config': {
      const { severity, message } = settingVerdict(change, spec);
      const actual = `${change.name} ${readable(change.name, change.from)}`;
      return notes[severity]({
        subject,
        message,
        actual,
        expected: readable(change.name, change.to),
        cure: applyCommand,
      });
    }
    case 'create':
      return; // it is there
  }
}

/** What a setting that is not as declared leads to. */
function settingVerdict(
  { name, from, to }: Extract<TopicChange, { kind: 'alter-config' }>,
  spec: TopicSpec,
): { readonly severity: 'warn' | 'fail'; readonly message: string } {
  const less = endless(from) < endless(to);
  switch (name) {
    case 'retention.ms':
      return less
        ? { severity: 'fail', message: 'records are deleted earlier than declared: what is down for longer loses them' }
        : { severity: 'warn', message: 'records are kept for longer than declared' };
    case 'max.message.bytes':
      return less
        ? { severity: 'fail', message: 'records that are let in further up are too large here: their partition stops' }
        : { severity: 'warn', message: 'it takes larger records than declared, which may not fit further down' };
    case 'cleanup.policy':
      return spec.config[name] === 'compact'
        ? { severity: 'fail', message: 'it is not compacted: what is in force will be deleted with age' }
        : { severity: 'fail', message: 'it is compacted: of events with one key only the last stays' };
    case 'message.timestamp.type':
      return to === 'LogAppendTime'
        ? {
            severity: 'fail',
            message: "ages, lateness and retention go by the publishers' clocks instead of the broker's",
          }
        : { severity: 'warn', message: 'the age of a record does not count from its publication' };
    case 'min.insync.replicas':
      return less
        ? { severity: 'fail', message: 'an acknowledged record may be on one broker alone, and die with it' }
        : { severity: 'warn', message: 'records are refused sooner than declared when brokers are missing' };
    default:
      return { severity: 'warn', message: 'a setting is not as declared' };
  }
}

function judgePermissions(
  allowed: ReadonlySet<KafkaOperation> | null,
  topic: string,
  client: KafkaClient,
  notes: Notes,
): void {
  if (allowed === null) return;
  const missing = NEEDED.filter(({ operation }) => !allowed.has(operation));
  if (missing.length === 0) return;
  const operations = missing.map(({ operation }) => operation);
  const severity = missing.some((need) => need.severity === 'fail') ? 'fail' : 'warn';
  notes[severity]({
    subject: topic,
    message: `user ${client.user ?? 'ANONYMOUS'} lacks the right to ${operations.join(', ')}: ${missing.map((need) => need.for).join('; ')}`,
    actual: `allowed: ${[...allowed].join(', ') || 'nothing'}`,
    expected: NEEDED.map(({ operation }) => operation).join(', '),
    cure: permissionCure(client, operations, { kind: 'topic', name: topic }),
  });
}

function describeTopic(
  partitions: TopicFacts['description']['partitions'],
  brokers: number,
  config: Readonly<Record<string, string>> | undefined,
): string {
  const compacted = config?.['cleanup.policy'] === 'compact';
  const kept =
    config === undefined
      ? []
      : [compacted ? 'compacted' : `kept ${readable('retention.ms', config['retention.ms'] ?? '')}`];
  return [partitionsOf(partitions.length), replicasOf(partitions[0]?.replicas.length ?? 0, brokers), ...kept].join(
    ', ',
  );
}

function partitionsOf(count: number): string {
  return count === 1 ? '1 partition' : `${count} partitions`;
}

/** -1 is for ever. */
function endless(text: string): number {
  const value = Number(text);
  return value < 0 ? Infinity : value;
}

function readable(name: string, value: string): string {
  if (value === '') return '(unset)';
  if (name === 'retention.ms') return Number(value) < 0 ? 'for ever' : formatDuration(Number(value));
  return name === 'max.message.bytes' ? formatBytes(Number(value)) : value;
}
