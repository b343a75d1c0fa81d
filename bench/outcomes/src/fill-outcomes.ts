import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf } from '#contracts';
import { applyTables, planTables, type LogTablesInput } from '#platform/clickhouse';
import { FEATURES } from './labelled-pipeline.js';

export const FIRST_EVENT_MS = Date.UTC(2026, 0, 1);
export const EVENTS_PER_DAY = 100_000;
/** One event in so many is labelled once more. */
const CORRECTED = 20;
/** Rows of an insert, as of a busy topic. */
const EVENTS_PER_INSERT = 50_000;

const uniform = (salt: string) => `(bitAnd(cityHash64(i, '${salt}'), 4294967295) / 4294967296)`;

/** Columns as expressions over the event's number `i` and the label's `revision`. */
const OUTCOME: Readonly<Record<string, string>> = {
  ...Object.fromEntries(FEATURES.map((feature) => [feature, `round(${uniform(feature)}, 3)`])),
  event_id: 'lower(hex(sipHash128(i)))',
  event_key: "concat('source ', toString(i % 1000))",
  event_time: `fromUnixTimestamp64Milli(toInt64(${FIRST_EVENT_MS} + intDiv(i * 86400000, ${EVENTS_PER_DAY})), 'UTC')`,
  model: "'labelled'",
  model_version: 'toString(1 + intDiv(i, 1000000))',
  model_sha256: "repeat('ab', 32)",
  role: "'champion'",
  propensity: '1',
  score: uniform('score'),
  decision: "if(score >= 0.5, 'positive', 'negative')",
  threshold: '0.5',
  predicted_at: 'addMilliseconds(event_time, 20)',
  source: "'stream'",
  input_topic: "'labelled.validated'",
  input_offset: 'i',
  pipeline_revision: '1',
  log_offset: 'i',
  published_at: 'addMilliseconds(event_time, 5)',
  label: `toFloat64((${uniform('label')} < score) != (revision = 1))`,
  label_time: 'addHours(event_time, 1 + 24 * revision)',
  label_revision: 'revision',
  label_rank: 'toUInt64(revision) * 65536 + toUInt64(label)',
  label_offset: 'i',
  joined_at: 'label_time',
  outcome_offset: 'i + revision * 1000000000',
};

/**
 * Makes the tables and fills both by SQL in the order in which labels come: insert after insert of new ones, each with one
 * in twenty that corrects an event of any time before. Merges run meanwhile as they like.
 */
export async function fillOutcomes(
  client: ClickHouseClient,
  definition: LogTablesInput,
  events: number,
  say: (line: string) => void,
): Promise<void> {
  await applyTables(client, await planTables(client, definition));
  const names = Object.keys(OUTCOME);
  for (let from = 0; from < events; from += EVENTS_PER_INSERT) {
    const to = Math.min(events, from + EVENTS_PER_INSERT);
    const corrections = from === 0 ? 0 : Math.floor((to - from) / CORRECTED);
    const rows =
      `SELECT number AS i, 0 AS revision FROM numbers(${from}, ${to - from}) UNION ALL ` +
      `SELECT cityHash64(number, ${from}) % ${Math.max(1, from)} AS i, 1 AS revision FROM numbers(${corrections})`;
    for (const table of ['outcome_revisions', 'outcomes_latest']) {
      await client.command({
        query:
          `INSERT INTO ${databaseOf(definition.name)}.${table} (${names.join(', ')}) ` +
          `SELECT ${names.map((name) => `${OUTCOME[name]} AS ${name}`).join(', ')} FROM (${rows})`,
        clickhouse_settings: { max_execution_time: 0, max_partitions_per_insert_block: '0' },
      });
    }
    if (to % 1_000_000 === 0) say(`${to.toLocaleString('en')} of ${events.toLocaleString('en')} events`);
  }
}
