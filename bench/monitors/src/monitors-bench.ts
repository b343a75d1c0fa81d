import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf } from '#contracts';
import { compileMonitors } from '#domain/monitors';
import { createClickHouse } from '#platform/clickhouse';
import { parseArgs } from 'node:util';
import { startLocalKafka } from '../../src/local-kafka.js';
import { fillLog } from './fill-log.js';
import { measureMonitors, type MonitorCost } from './measure-monitors.js';
import { lastWindow, watchedPipeline } from './watched-pipeline.js';

export const MONITORS_HELP = `npm run bench -- monitors [--events 1000000,10000000] [--rounds 9] [--json]
                 [--clickhouse http://user:password@host:8123]   a server of your own instead of the local one

Fills a pipeline's log with so many predictions and their labels, 115 a second, and runs every monitor of the last half
hour of it.
`;

interface LogCost {
  readonly events: number;
  readonly monitors: readonly MonitorCost[];
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** What all monitors of one window cost ClickHouse, and how that grows with the log. */
export async function benchMonitors(args: string[]): Promise<void> {
  const { values: options } = parseArgs({
    args,
    options: {
      events: { type: 'string', default: '1000000,10000000' },
      rounds: { type: 'string', default: '9' },
      clickhouse: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (options.help) return void process.stdout.write(MONITORS_HELP);
  const local = options.clickhouse === undefined ? await startLocalKafka() : undefined;
  const client = createClickHouse(options.clickhouse ?? local!.clickhouseUrl, { requestTimeoutMs: 600_000 });
  try {
    const costs: LogCost[] = [];
    for (const events of options.events.split(',').map(Number)) {
      costs.push({ events, monitors: await costOf(client, events, Number(options.rounds)) });
    }
    process.stdout.write(options.json ? `${JSON.stringify(costs)}\n` : table(costs));
  } finally {
    await client.close();
    await local?.stop();
  }
}

async function costOf(client: ClickHouseClient, events: number, rounds: number): Promise<readonly MonitorCost[]> {
  const definition = watchedPipeline(`bench-${Date.now().toString(36)}`);
  try {
    await fillLog(client, definition, events, say);
    return await measureMonitors(client, compileMonitors(definition), lastWindow(events), rounds);
  } finally {
    await client.command({ query: `DROP DATABASE IF EXISTS ${databaseOf(definition.name)} SYNC` });
  }
}

function table(costs: readonly LogCost[]): string {
  const names = costs[0]!.monitors.map(({ monitor }) => monitor);
  const cells = (name: string): string[] =>
    costs.map(({ monitors }) => {
      const cost = monitors.find(({ monitor }) => monitor === name)!;
      return `${Math.round(cost.elapsedMs)} ms, ${Math.round(cost.cpuMs)} ms CPU, ${(cost.readRows / 1e6).toFixed(2)} M rows`;
    });
  const total = (monitors: readonly MonitorCost[], of: (cost: MonitorCost) => number): number =>
    Math.round(monitors.reduce((sum, cost) => sum + of(cost), 0));
  const totals = costs.map(
    ({ monitors }) =>
      `**${total(monitors, ({ elapsedMs }) => elapsedMs)} ms**, ${total(monitors, ({ cpuMs }) => cpuMs)} ms CPU`,
  );
  const line = (...columns: string[]): string => `| ${columns.join(' | ')} |\n`;
  return [
    line('monitor', ...costs.map(({ events }) => `${(events / 1e6).toLocaleString('en')} M predictions`)),
    line('---', ...costs.map(() => '---')),
    ...names.map((name) => line(name, ...cells(name))),
    line('together', ...totals),
  ].join('');
}
