import { PIPELINES_TOPIC, REGISTRY_TOPIC, type AppliedPipeline } from '#contracts';
import { CONTROL_TOPICS } from '#platform/control';
import { ClusterProbe, type TopicDescription, type TopicSpec } from '#platform/kafka';
import { pipelineTopics } from '../apply/pipeline-topics.js';
import type { AddressesWith } from '../cli.config.js';
import { kafkaOf } from '../connections/connections.js';
import { attempt } from './attempt.js';
import { Notes, type Finding } from './finding.js';
import {
  anyOpen,
  brokersOf,
  enterCluster,
  OFFSETS_TOPIC,
  readCluster,
  SCHEMAS_TOPIC,
  TRANSACTIONS_TOPIC,
  type KafkaClient,
} from './kafka/cluster-facts.js';
import { judgeCluster, judgeDoors } from './kafka/judge-cluster.js';
import { judgeServices } from './kafka/judge-services.js';
import { judgeTopic } from './kafka/judge-topic.js';
import { readServices } from './kafka/service-facts.js';
import { readTopic } from './kafka/topic-facts.js';
import { readControl, type ControlFacts } from './read-control.js';

export interface KafkaSide {
  readonly findings: readonly Finding[];
  /** What is in force; undefined when it could not be read. */
  readonly control?: ControlFacts;
  examinePipeline(applied: AppliedPipeline, applyCommand: string): Promise<readonly Finding[]>;
  close(): Promise<void>;
}

export const APPLY_ANY = 'eddyline apply pipelines/<name>/pipeline.yaml';

/** Everything that Kafka can tell, from the addresses alone. Never throws. */
export async function examineKafka(
  addresses: AddressesWith<'kafkaBrokers'>,
  wayOut: string,
  deadlineMs: number,
): Promise<KafkaSide> {
  const { kafkaBrokers, kafkaAccess } = addresses;
  const kafka = kafkaOf(addresses);
  const probe = new ClusterProbe(kafka);
  const client: KafkaClient = {
    bootstrap: kafkaBrokers[0]!,
    ...(kafkaAccess?.sasl && { user: kafkaAccess.sasl.username }),
  };
  const close = (): Promise<void> => probe.close();
  const doors = enterCluster(probe, kafkaBrokers, deadlineMs);
  const doorFindings = async (): Promise<readonly Finding[]> => judgeDoors(await Promise.all(doors), client, wayOut);
  if (!(await anyOpen(doors))) {
    return { findings: await doorFindings(), examinePipeline: () => Promise.resolve([]), close };
  }
  const control = CONTROL_TOPICS.map(({ topic }) => topic);
  const described = await attempt(deadlineMs, () =>
    probe.describe([OFFSETS_TOPIC, TRANSACTIONS_TOPIC, SCHEMAS_TOPIC, ...control]),
  );
  if (!described.ok) {
    const notes = new Notes('kafka');
    notes.fail({
      subject: client.bootstrap,
      message: `it lets us in and then says no more: ${described.trouble.message}`,
      cure: wayOut,
    });
    return {
      findings: [...(await doorFindings()), ...notes.findings],
      examinePipeline: () => Promise.resolve([]),
      close,
    };
  }
  const { topics } = described.value;
  const topicNamed = (name: string): TopicDescription => topics.find(({ topic }) => topic === name)!;
  const brokers = brokersOf(described.value);
  const judgeTopicOf = async (
    description: TopicDescription,
    spec: TopicSpec,
    applyCommand: string,
    notes: Notes,
  ): Promise<void> => {
    const facts = await readTopic(probe, description, deadlineMs);
    judgeTopic(facts, { spec, brokers: brokers.size, applyCommand, client }, notes);
  };
  const controlNotes = new Notes('topics');
  const existing = new Set(topics.filter(({ error }) => error === null).map(({ topic }) => topic));
  const [cluster, inForce] = await Promise.all([
    readCluster(probe, described.value, deadlineMs),
    attempt(deadlineMs, () => readControl(kafka, existing)),
    ...CONTROL_TOPICS.map(async (spec) => {
      // Before the first apply there is nothing to keep; that is said of the pipelines.
      if (spec.topic === PIPELINES_TOPIC || existing.has(PIPELINES_TOPIC)) {
        const description = topicNamed(spec.topic);
        if (description.error === 'UNKNOWN_TOPIC_OR_PARTITION' && !existing.has(PIPELINES_TOPIC)) return;
        await judgeTopicOf(description, spec, APPLY_ANY, controlNotes);
      }
    }),
    judgeSchemasTopic(topicNamed(SCHEMAS_TOPIC)),
  ]);
  const controlFindings = inForce.ok ? judgeControl(inForce.value) : [];
  if (!inForce.ok) {
    const notes = new Notes('pipelines');
    notes.fail({
      subject: `${PIPELINES_TOPIC}, ${REGISTRY_TOPIC}`,
      message: `the pipelines in force could not be read: ${inForce.trouble.message}`,
      cure: 'mend what is said of Kafka and of these topics',
    });
    controlNotes.findings.push(...notes.findings);
  }
  return {
    findings: [
      ...(await doorFindings()),
      ...judgeCluster(cluster, client),
      ...controlNotes.findings,
      ...controlFindings,
    ],
    ...(inForce.ok && { control: inForce.value }),
    examinePipeline,
    close,
  };

  /** The registry's log, where it keeps it in this cluster: it holds schemas only as long as it is compacted. */
  async function judgeSchemasTopic(description: TopicDescription): Promise<void> {
    if (description.error !== null) return;
    const spec: TopicSpec = {
      topic: SCHEMAS_TOPIC,
      partitions: description.partitions.length,
      replicationFactor: -1,
      config: { 'cleanup.policy': 'compact' },
    };
    const cure = `kafka-configs.sh --bootstrap-server ${client.bootstrap} --alter --topic ${SCHEMAS_TOPIC} --add-config cleanup.policy=compact`;
    // Only the registry reads and writes it: what we may do there is nothing to go by.
    await judgeTopicOf({ ...description, allowed: null }, spec, cure, controlNotes);
  }

  async function examinePipeline(applied: AppliedPipeline, applyCommand: string): Promise<readonly Finding[]> {
    const { name } = applied.definition;
    const specs = pipelineTopics(applied.definition);
    const topicNotes = new Notes('topics', name);
    const serviceNotes = new Notes('services', name);
    const described = await attempt(deadlineMs, () => probe.describe(specs.map(({ topic }) => topic)));
    if (!described.ok) {
      const cure = 'run eddyline doctor again; if it stays, look into the logs of the brokers';
      topicNotes.fail({
        subject: `${name}.*`,
        message: `its topics could not be read: ${described.trouble.message}`,
        cure,
      });
      return topicNotes.findings;
    }
    const descriptions = described.value.topics;
    const [services] = await Promise.all([
      readServices(probe, applied.definition, descriptions, deadlineMs),
      ...specs.map((spec) =>
        judgeTopicOf(
          descriptions.find(({ topic }) => topic === spec.topic)!,
          spec,
          applyCommand,
          topicNotes,
        ),
      ),
    ]);
    judgeServices(services, name, client, serviceNotes);
    return [...topicNotes.findings, ...serviceNotes.findings];
  }
}

function judgeControl({ pipelines, unreadable }: ControlFacts): readonly Finding[] {
  const notes = new Notes('pipelines');
  if (pipelines.length === 0) {
    notes.warn({ subject: 'in force', message: 'no pipeline is in force: nothing flows', cure: APPLY_ANY });
  }
  for (const record of unreadable) {
    notes.fail({
      subject: record,
      message: 'the record cannot be read: services ignore it',
      cure: `apply the pipeline again (${APPLY_ANY}), with the version of Eddyline that the services run`,
    });
  }
  return notes.findings;
}
