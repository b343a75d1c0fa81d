import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf, type PipelineDefinition } from '#contracts';
import { applyTables, planTables } from '#platform/clickhouse';
import { EVENTS_PER_SECOND, FIRST_EVENT_MS, LABEL_DELAY_MS, PARTITIONS } from './log-shape.js';
import { FEATURES } from './watched-pipeline.js';

const EVENTS_PER_INSERT = 1_000_000;
const REFERENCE_ROWS = 20_000;
const VALUES = { region: 3, channel: 5, product: 12, device: 60 } as Readonly<Record<string, number>>;

/** Numbers in (0, 1] and [0, 1), the same on every machine. */
const uniform = (salt: string) => `((bitAnd(cityHash64(i, '${salt}'), 4294967295) + 1) / 4294967297)`;
const normal = (salt: string) =>
  `round(sqrt(-2 * log(${uniform(salt)})) * cos(6.283185307179586 * ${uniform(`${salt} angle`)}), 3)`;

/** Columns of predictions as expressions over `i`, the event's number. */
const PREDICTION: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    FEATURES.map(({ name, type }) => [
      name,
      type === 'number' ? normal(name) : `concat('${name} ', toString(cityHash64(i, '${name}') % ${VALUES[name]}))`,
    ]),
  ),
  event_id: 'lower(hex(sipHash128(i)))',
  event_key: "concat('source ', toString(i % 1000))",
  event_time: `fromUnixTimestamp64Milli(toInt64(${FIRST_EVENT_MS} + intDiv(i * 1000, ${EVENTS_PER_SECOND})), 'UTC')`,
  model: "'watched'",
  model_version: "'1'",
  model_sha256: "repeat('ab', 32)",
  role: "'champion'",
  propensity: '1',
  flags: "if(abs(reading_0) > 3, ['reading_0.range'], [])",
  score: '1 / (1 + exp(-(reading_0 + 0.8 * reading_1 - 0.6 * reading_2 - 0.5)))',
  decision: "if(score >= 0.5, 'positive', 'negative')",
  threshold: '0.5',
  predicted_at: `addMilliseconds(event_time, 20 + toInt64(-8 * log(${uniform('latency')})))`,
  trace_id: "if(i % 10 = 0, lower(hex(sipHash128(i, 1))), '')",
  source: "'stream'",
  input_topic: "'watched.validated'",
  input_partition: `i % ${PARTITIONS}`,
  input_offset: `intDiv(i, ${PARTITIONS})`,
  pipeline_revision: '1',
  log_partition: `i % ${PARTITIONS}`,
  log_offset: `intDiv(i, ${PARTITIONS})`,
  published_at: 'addMilliseconds(event_time, 5)',
};

/** Of the events one in twenty has no label, one in thirty a corrected one, one in fifty the same twice. */
const REVISIONS = 'multiIf(i % 20 = 7, [], i % 30 = 1, [0, 1], i % 50 = 2, [0, 0], [0])';

/**
 * Makes a pipeline's tables and fills them by SQL with predictions at an even pace, their labels half an hour later, one
 * refused event in two hundred, and the rows that the model was trained on.
 */
export async function fillLog(
  client: ClickHouseClient,
  definition: PipelineDefinition,
  events: number,
  say: (line: string) => void,
): Promise<void> {
  await applyTables(client, await planTables(client, definition));
  const database = databaseOf(definition.name);
  const insert = async (table: string, columns: Readonly<Record<string, string>>, from: string): Promise<void> => {
    const names = Object.keys(columns);
    await client.command({
      query: `INSERT INTO ${database}.${table} (${names.join(', ')}) SELECT ${names.map((name) => `${columns[name]} AS ${name}`).join(', ')} FROM ${from}`,
      clickhouse_settings: { max_execution_time: 0, max_partitions_per_insert_block: '0' },
    });
  };
  const labelled = events - (LABEL_DELAY_MS / 1000) * EVENTS_PER_SECOND;
  for (let from = 0; from < events; from += EVENTS_PER_INSERT) {
    const to = Math.min(events, from + EVENTS_PER_INSERT);
    await insert('predictions', PREDICTION, `(SELECT number AS i FROM numbers(${from}, ${to - from}))`);
    if (from < labelled) await insertOutcomes(client, database, from, Math.min(to, labelled));
    await insert(
      'quarantine',
      {
        stage: "'validation'",
        reason: "if(i % 3 = 0, 'orphan_label', 'range')",
        quarantined_at: `fromUnixTimestamp64Milli(toInt64(${FIRST_EVENT_MS} + intDiv(i * 200000, ${EVENTS_PER_SECOND})), 'UTC')`,
        quarantine_partition: `i % ${PARTITIONS}`,
        quarantine_offset: `intDiv(i, ${PARTITIONS})`,
      },
      `(SELECT number AS i FROM numbers(${Math.floor(from / 200)}, ${Math.floor(to / 200) - Math.floor(from / 200)}))`,
    );
    say(`${to.toLocaleString('en')} of ${events.toLocaleString('en')} events`);
  }
  const features = Object.fromEntries(FEATURES.map(({ name }) => [`feature_${name}`, name]));
  await insert(
    'model_reference',
    { model_version: "'1'", row: 'i', ...features, score: 'made_score', label: `${uniform('label')} < made_score` },
    `(SELECT i, ${FEATURES.map(({ name }) => `${PREDICTION[name]} AS ${name}`).join(', ')}, ${PREDICTION['score']} AS made_score ` +
      `FROM (SELECT number AS i FROM numbers(1000000000, ${REFERENCE_ROWS})))`,
  );
}

/** A row for each label, in the order of its coming. */
async function insertOutcomes(client: ClickHouseClient, database: string, from: number, to: number): Promise<void> {
  const stored = await client.query({
    query: `SELECT name FROM system.columns WHERE database = '${database}' AND table = 'predictions' AND default_kind = '' ORDER BY position`,
    format: 'JSONEachRow',
  });
  const names = (await stored.json<{ name: string }>()).map(({ name }) => name);
  const columns: Readonly<Record<string, string>> = {
    label: `toFloat64((${uniform('label')} < pow(score, 1.1)) != (revision = 1))`,
    label_time: `addMilliseconds(event_time, ${LABEL_DELAY_MS} + toInt64(-60000 * log(${uniform('delay')})))`,
    label_revision: 'revision',
    label_rank: 'revision * 65536 + toUInt64(label)',
    label_late: 'i % 100 = 3',
    label_partition: `i % ${PARTITIONS}`,
    label_offset: `intDiv(i, ${PARTITIONS}) * 2 + place - 1`,
    joined_at: 'label_time',
    outcome_partition: `i % ${PARTITIONS}`,
    outcome_offset: `intDiv(i, ${PARTITIONS}) * 2 + place - 1`,
  };
  await client.command({
    query:
      `INSERT INTO ${database}.outcome_revisions (${[...Object.keys(columns), ...names].join(', ')}) ` +
      `SELECT ${Object.entries(columns)
        .map(([name, expression]) => `${expression} AS ${name}`)
        .join(', ')}, ${names.join(', ')} ` +
      `FROM (SELECT *, log_offset * ${PARTITIONS} + log_partition AS i FROM ${database}.predictions WHERE i >= ${from} AND i < ${to}) ` +
      `ARRAY JOIN ${REVISIONS} AS revision, arrayEnumerate(${REVISIONS}) AS place`,
    clickhouse_settings: { max_execution_time: 0, max_partitions_per_insert_block: '0' },
  });
}
