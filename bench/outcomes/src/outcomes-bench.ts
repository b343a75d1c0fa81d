import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf } from '#contracts';
import { createClickHouse } from '#platform/clickhouse';
import { startLocalKafka } from '../../src/local-kafka.js';
import { EVENTS_PER_DAY, fillOutcomes, FIRST_EVENT_MS } from './fill-outcomes.js';
import { labelledPipeline } from './labelled-pipeline.js';

export const OUTCOMES_HELP = `npm run bench -- outcomes [--events 1000000,10000000] [--rounds 5] [--json]
                 [--clickhouse http://user:password@host:8123]   a server of your own instead of the local one

What analysts pay for one row per event: a twentieth of the events is labelled twice, and three questions are asked of the
view \`outcomes\` and of what could stand in its place.
`;

interface Cost {
  readonly from: string;
  readonly question: string;
  /** Medians over the rounds, as ClickHouse's query log tells them. */
  readonly elapsedMs: number;
  readonly cpuMs: number;
  readonly memoryMiB: number;
  /** What was answered, rounded, to tell who is wrong. */
  readonly answer: string;
}

interface LogCosts {
  readonly events: number;
  readonly costs: readonly Cost[];
  readonly tables: readonly {
    readonly table: string;
    readonly rows: number;
    readonly mib: number;
    readonly parts: number;
  }[];
}

/** What stands after FROM, for a condition on event time. */
const SOURCES: Readonly<Record<string, (database: string, where: string) => string>> = {
  'view (FINAL)': (database, where) => `${database}.outcomes WHERE ${where}`,
  'the same without FINAL (wrong)': (database, where) => `${database}.outcomes_latest WHERE ${where}`,
  'revisions, argMax': (database, where) =>
    `(SELECT event_time, argMax(label, label_rank) AS label FROM ${database}.outcome_revisions WHERE ${where} GROUP BY event_time, event_id)`,
  'revisions, LIMIT 1 BY': (database, where) =>
    `(SELECT event_time, label FROM ${database}.outcome_revisions WHERE ${where} ORDER BY label_rank DESC LIMIT 1 BY event_time, event_id)`,
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);

export async function benchOutcomes(args: string[]): Promise<void> {
  const { values: options } = parseArgs({
    args,
    options: {
      events: { type: 'string', default: '1000000,10000000' },
      rounds: { type: 'string', default: '5' },
      clickhouse: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (options.help) return void process.stdout.write(OUTCOMES_HELP);
  const local = options.clickhouse === undefined ? await startLocalKafka() : undefined;
  const client = createClickHouse(options.clickhouse ?? local!.clickhouseUrl, { requestTimeoutMs: 600_000 });
  try {
    const all: LogCosts[] = [];
    for (const events of options.events.split(',').map(Number)) {
      all.push(await costsOf(client, events, Number(options.rounds)));
    }
    process.stdout.write(options.json ? `${JSON.stringify(all)}\n` : all.map(report).join('\n'));
  } finally {
    await client.close();
    await local?.stop();
  }
}

async function costsOf(client: ClickHouseClient, events: number, rounds: number): Promise<LogCosts> {
  const definition = labelledPipeline(`bench-${Date.now().toString(36)}`);
  const database = databaseOf(definition.name);
  try {
    await fillOutcomes(client, definition, events, say);
    const run = randomUUID();
    const answers = new Map<string, string>();
    const questions = questionsOf(events);
    for (let round = 0; round <= rounds; round++) {
      for (const [from, source] of Object.entries(SOURCES)) {
        for (const [question, { select, where, tail }] of Object.entries(questions)) {
          const query_id = `${run}/${from}/${question}/${round}`;
          const query = `SELECT ${select} FROM ${source(database, where)}${tail}`;
          const answer = await client.query({ query, format: 'JSONCompactEachRow', query_id });
          const values = (await answer.json<number[]>()).flat();
          answers.set(`${from}/${question}`, values.reduce((sum, value) => sum + Number(value), 0).toFixed(6));
        }
      }
    }
    const logged = await queriesOf(client, run, rounds);
    const costs = Object.keys(SOURCES).flatMap((from) =>
      Object.keys(questions).map((question) => ({
        from,
        question,
        ...logged.get(`${from}/${question}`)!,
        answer: answers.get(`${from}/${question}`)!,
      })),
    );
    const parts = await client.query({
      query:
        `SELECT table, toFloat64(sum(rows)) AS rows, round(sum(bytes_on_disk) / 1048576, 1) AS mib, toFloat64(count()) AS parts ` +
        `FROM system.parts WHERE active AND database = '${database}' AND table LIKE 'outcome%' GROUP BY table ORDER BY table`,
      format: 'JSONEachRow',
    });
    return { events, costs, tables: await parts.json() };
  } finally {
    await client.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
  }
}

function questionsOf(events: number): Record<string, { select: string; where: string; tail: string }> {
  const middleMs = FIRST_EVENT_MS + Math.floor(events / EVENTS_PER_DAY / 2) * 86_400_000;
  const at = (ms: number): string => `fromUnixTimestamp64Milli(${ms}, 'UTC')`;
  return {
    'avg(label)': { select: 'avg(label)', where: '1', tail: '' },
    'avg(label) by day': { select: 'avg(label)', where: '1', tail: ' GROUP BY toDate(event_time)' },
    'avg(label) of one day': {
      select: 'avg(label)',
      where: `event_time >= ${at(middleMs)} AND event_time < ${at(middleMs + 86_400_000)}`,
      tail: '',
    },
  };
}

async function queriesOf(
  client: ClickHouseClient,
  run: string,
  rounds: number,
): Promise<ReadonlyMap<string, Pick<Cost, 'elapsedMs' | 'cpuMs' | 'memoryMiB'>>> {
  await client.command({ query: 'SYSTEM FLUSH LOGS' });
  const answer = await client.query({
    query:
      `SELECT arrayStringConcat(arraySlice(splitByChar('/', query_id), 2, 2), '/') AS id, toUInt32(count()) AS times, ` +
      'quantileExact(query_duration_ms) AS elapsedMs, ' +
      "quantileExact(ProfileEvents['OSCPUVirtualTimeMicroseconds']) / 1000 AS cpuMs, " +
      'quantileExact(memory_usage) / 1048576 AS memoryMiB ' +
      `FROM system.query_log WHERE type = 'QueryFinish' AND startsWith(query_id, '${run}/') AND NOT endsWith(query_id, '/0') GROUP BY id`,
    format: 'JSONEachRow',
  });
  const found = await answer.json<{ id: string; times: number; elapsedMs: number; cpuMs: number; memoryMiB: number }>();
  for (const { id, times } of found) {
    if (times !== rounds) throw new Error(`the query log has ${times} of ${rounds} queries of ${id}`);
  }
  return new Map(
    found.map(({ id, elapsedMs, cpuMs, memoryMiB }) => [id, { elapsedMs: Number(elapsedMs), cpuMs, memoryMiB }]),
  );
}

function report({ events, costs, tables }: LogCosts): string {
  const line = (...columns: string[]): string => `| ${columns.join(' | ')} |\n`;
  const questions = [...new Set(costs.map(({ question }) => question))];
  const right = new Map(costs.filter(({ from }) => from === 'revisions, argMax').map((c) => [c.question, c.answer]));
  const cell = ({ question, elapsedMs, cpuMs, memoryMiB, answer }: Cost): string =>
    `${elapsedMs} ms, ${Math.round(cpuMs)} ms CPU, ${Math.round(memoryMiB)} MiB${answer === right.get(question) ? '' : ', wrong'}`;
  return [
    line(`${(events / 1e6).toLocaleString('en')} M events`, ...questions),
    line('---', ...questions.map(() => '---')),
    ...Object.keys(SOURCES).map((from) => line(from, ...costs.filter((cost) => cost.from === from).map(cell))),
    ...tables.map(
      ({ table, rows, mib, parts }) =>
        `\n${table}: ${rows.toLocaleString('en')} rows in ${parts} parts, ${mib} MiB (${Math.round((mib * 1_048_576) / events)} bytes per event)`,
    ),
    '\n',
  ].join('');
}
