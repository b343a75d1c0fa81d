import { databaseOf, LIFECYCLE_DATABASE, type AppliedPipeline } from '#contracts';
import { SchemaRegistryClient } from '#platform/avro';
import { createClickHouse } from '#platform/clickhouse';
import { VARIABLES, type Addresses } from '../cli.config.js';
import { attempt } from './attempt.js';
import { readDatabase, readServer, readSharedDatabase } from './clickhouse/clickhouse-facts.js';
import { judgeServer } from './clickhouse/judge-clickhouse.js';
import { judgeTables } from './clickhouse/judge-tables.js';
import { APPLY_ANY, examineKafka, type KafkaSide } from './examine-kafka.js';
import { Notes, type DoctorPart, type Finding } from './finding.js';
import { judgeArtifact, judgeChampion, judgeStore } from './models/judge-models.js';
import { readArtifact, readStore } from './models/model-facts.js';
import type { Champion } from './read-control.js';
import { judgeRegistry, judgeSubject } from './registry/judge-registry.js';
import { readRegistry, readSubjects } from './registry/registry-facts.js';
import { judgeHealth, readHealth } from './service-health.js';

export interface Examination {
  readonly findings: readonly Finding[];
  readonly pipelines: readonly { readonly name: string; readonly revision: number }[];
  /** What was not looked at, because of something that is said among the findings. */
  readonly skipped: readonly { readonly what: string; readonly until: string }[];
}

/** Longest wait for one look; looks run side by side, so that a part that hangs costs this once. */
const DEADLINE_MS = 4_000;

/** One part: what was found of it, and how it looks at a pipeline, when it can. */
interface Side {
  readonly findings: readonly Finding[];
  readonly examinePipeline?: (applied: AppliedPipeline, applyCommand: string) => Promise<readonly Finding[]>;
  /** As examinePipeline, for what all pipelines share. */
  readonly examineShared?: () => Promise<readonly Finding[]>;
  readonly close?: () => Promise<void>;
}

/**
 * Looks at every part at once, changes nothing, and never throws for what it finds: one part that is away hides nothing
 * of the others.
 *
 * @param only pipelines to look at; none: all that are in force
 */
export async function examine(addresses: Addresses, only: readonly string[]): Promise<Examination> {
  const [kafka, registry, clickhouse, health] = await Promise.all([
    kafkaSide(addresses),
    registrySide(addresses),
    clickhouseSide(addresses),
    // The local stack's file vouches for services on this machine; their ports are the usual ones.
    addresses.stackFile === undefined ? [] : readHealth(),
  ]);
  try {
    const { control } = kafka;
    const pipelines = (control?.pipelines ?? []).filter(
      ({ definition }) => only.length === 0 || only.includes(definition.name),
    );
    const champions: ReadonlyMap<string, Champion> = control?.champions ?? new Map();
    const ofPipelines = await Promise.all(
      pipelines.map(async (applied) => {
        const { name } = applied.definition;
        const applyCommand = `eddyline apply pipelines/${name}/pipeline.yaml`;
        const champion = champions.get(name);
        const [inKafka, subjects, tables, artifact] = await Promise.all([
          kafka.examinePipeline(applied, applyCommand),
          registry.examinePipeline?.(applied, applyCommand) ?? [],
          clickhouse.examinePipeline?.(applied, applyCommand) ?? [],
          artifactFindings(addresses, name, champion),
        ]);
        return [...inKafka, ...subjects, ...tables, ...artifact, ...judgeChampion(applied.definition, champion)];
      }),
    );
    // Before the first apply there is nothing to share; that is said of the pipelines.
    const shared = pipelines.length === 0 ? [] : ((await clickhouse.examineShared?.()) ?? []);
    return {
      findings: [
        ...kafka.findings,
        ...registry.findings,
        ...clickhouse.findings,
        ...shared,
        ...(await storeFindings(addresses, champions.size > 0)),
        ...judgeHealth(health),
        ...missingPipelines(only, control?.pipelines),
        ...ofPipelines.flat(),
      ],
      pipelines: pipelines.map(({ definition, revision }) => ({ name: definition.name, revision })),
      skipped: skippedOf(kafka, registry, clickhouse, pipelines.length > 0),
    };
  } finally {
    await Promise.race([
      Promise.allSettled([kafka.close(), clickhouse.close?.()]),
      new Promise((resolve) => setTimeout(resolve, 500).unref()),
    ]);
  }
}

async function kafkaSide(addresses: Addresses): Promise<KafkaSide> {
  const { kafkaBrokers, kafkaAccess } = addresses;
  const nothing = { examinePipeline: () => Promise.resolve([]), close: () => Promise.resolve() };
  if (kafkaBrokers === undefined) return { findings: unset(addresses, 'kafka', 'KAFKA_BROKERS'), ...nothing };
  if (kafkaAccess?.problem !== undefined) {
    const notes = new Notes('kafka');
    notes.fail({ subject: 'KAFKA_SASL_…', message: kafkaAccess.problem, cure: 'set all three, or none' });
    return { findings: notes.findings, ...nothing };
  }
  return examineKafka({ ...addresses, kafkaBrokers }, wayOut(addresses, 'KAFKA_BROKERS'), DEADLINE_MS);
}

async function registrySide(addresses: Addresses): Promise<Side> {
  const url = addresses.schemaRegistryUrl;
  if (url === undefined) return { findings: unset(addresses, 'schema registry', 'SCHEMA_REGISTRY_URL') };
  const place = placeOf(url);
  const client = await attempt(DEADLINE_MS, () =>
    Promise.resolve(new SchemaRegistryClient(url, { timeoutMs: DEADLINE_MS - 1_000 })),
  );
  const answer = await attempt(DEADLINE_MS, () => {
    if (!client.ok) throw new Error(client.trouble.message);
    return readRegistry(url, client.value);
  });
  const findings = judgeRegistry(place, answer, wayOut(addresses, 'SCHEMA_REGISTRY_URL'));
  if (!client.ok || !answer.ok || answer.value.subjects === undefined) return { findings };
  return {
    findings,
    async examinePipeline(applied, applyCommand) {
      const notes = new Notes('schema registry', applied.definition.name);
      for (const { subject, facts } of await readSubjects(client.value, applied, DEADLINE_MS)) {
        judgeSubject(subject, facts, applyCommand, notes);
      }
      return notes.findings;
    },
  };
}

async function clickhouseSide(addresses: Addresses): Promise<Side> {
  const url = addresses.clickhouseUrl;
  if (url === undefined) return { findings: unset(addresses, 'clickhouse', 'CLICKHOUSE_URL') };
  const place = placeOf(url);
  const user = decodeURIComponent(URL.parse(url)?.username ?? '') || 'default';
  const client = await attempt(DEADLINE_MS, () =>
    Promise.resolve(createClickHouse(url, { requestTimeoutMs: DEADLINE_MS - 1_000 })),
  );
  const answer = await attempt(DEADLINE_MS, () => {
    if (!client.ok) throw new Error(client.trouble.message);
    return readServer(client.value, DEADLINE_MS);
  });
  const findings = judgeServer(place, user, answer, wayOut(addresses, 'CLICKHOUSE_URL'));
  const close = client.ok ? () => client.value.close() : () => Promise.resolve();
  if (!client.ok || !answer.ok) return { findings, close };
  return {
    findings,
    close,
    async examineShared() {
      const notes = new Notes('tables');
      const facts = await readSharedDatabase(client.value, DEADLINE_MS);
      const { partLimits } = answer.value;
      judgeTables(facts, { database: LIFECYCLE_DATABASE, user, partLimits, applyCommand: APPLY_ANY }, notes);
      return notes.findings;
    },
    async examinePipeline({ definition }, applyCommand) {
      const notes = new Notes('tables', definition.name);
      const facts = await readDatabase(client.value, definition, DEADLINE_MS);
      const { partLimits } = answer.value;
      judgeTables(facts, { database: databaseOf(definition.name), user, partLimits, applyCommand }, notes);
      return notes.findings;
    },
  };
}

async function artifactFindings(
  { artifacts }: Addresses,
  pipeline: string,
  champion: Champion | undefined,
): Promise<readonly Finding[]> {
  if (champion === undefined || artifacts === undefined) return [];
  return judgeArtifact(pipeline, champion, await attempt(DEADLINE_MS, () => readArtifact(artifacts, champion)));
}

async function storeFindings(addresses: Addresses, models: boolean): Promise<readonly Finding[]> {
  const { artifacts } = addresses;
  if (artifacts === undefined) return unset(addresses, 'artifacts', 'EDDYLINE_ARTIFACTS');
  return judgeStore(artifacts, await attempt(DEADLINE_MS, () => readStore(artifacts)), models);
}

function missingPipelines(
  only: readonly string[],
  pipelines: readonly AppliedPipeline[] | undefined,
): readonly Finding[] {
  if (pipelines === undefined) return [];
  const known = pipelines.map(({ definition }) => definition.name);
  return only
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const notes = new Notes('pipelines', name);
      notes.fail({
        subject: name,
        message: 'no such pipeline is in force',
        actual: known.length === 0 ? 'none is' : `in force: ${known.join(', ')}`,
        cure: `eddyline apply pipelines/${name}/pipeline.yaml`,
      });
      return notes.findings;
    });
}

function skippedOf(kafka: KafkaSide, registry: Side, clickhouse: Side, anyPipeline: boolean): Examination['skipped'] {
  if (kafka.control === undefined) {
    const what = 'the topics, services, subjects, tables and models of the pipelines';
    return [{ what, until: 'Kafka tells which pipelines are in force' }];
  }
  if (!anyPipeline) return [];
  return [
    ...(registry.examinePipeline
      ? []
      : [{ what: 'the subjects of the pipelines', until: 'the schema registry answers' }]),
    ...(clickhouse.examinePipeline ? [] : [{ what: 'the tables of the pipelines', until: 'ClickHouse answers' }]),
  ];
}

function unset(
  addresses: Addresses,
  part: DoctorPart,
  variable: (typeof VARIABLES)[keyof typeof VARIABLES],
): readonly Finding[] {
  const notes = new Notes(part);
  const why = addresses.stackProblem === undefined ? '' : ` (${addresses.stackProblem})`;
  const missing = Object.entries(VARIABLES)
    .filter(([field]) => addresses[field as keyof typeof VARIABLES] === undefined)
    .map(([, name]) => `${name}=…`);
  notes.fail({
    subject: variable,
    message: `no address is known${why}`,
    // One cure for all of them: they are said together.
    cure: `start the local stack (eddyline stack), or name your own: ${missing.join(' ')} eddyline doctor`,
  });
  return notes.findings;
}

function wayOut({ stackFile }: Addresses, variable: string): string {
  return stackFile === undefined
    ? `start it, or set ${variable} to where it is`
    : `start the local stack again (eddyline stack): the address is from ${stackFile}`;
}

/** An address as it may be shown: without user and password. */
function placeOf(urls: string): string {
  return urls
    .split(',')
    .map((text) => {
      const url = URL.parse(text.trim());
      if (url === null) return 'an address that is none';
      url.username = '';
      url.password = '';
      return url.toString().replace(/\/+$/, '');
    })
    .join(', ');
}
