import { topicOf } from '#contracts';
import { Option, type Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import type { EntryFacts } from '../quarantine/entry-facts.js';
import { NewestEntries } from '../quarantine/newest-entries.js';
import { matches } from '../quarantine/quarantine-filter.js';
import {
  QuarantineSummary,
  SUMMARY_KEYS,
  type SummaryGroup,
  type SummaryKey,
} from '../quarantine/quarantine-summary.js';
import { marksInForce } from '../quarantine/quarantine-topics.js';
import { readQuarantine, stretchesOf } from '../quarantine/read-quarantine.js';
import { positiveInteger } from '../terminal/option-parsers.js';
import { printable } from '../terminal/printable.js';
import { formatBytes } from '../terminal/quantities.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatCount, formatTable, type Column } from '../terminal/table.js';
import { filterOf, withSelection, type SelectionOptions } from './quarantine-selection.js';

interface ListOptions extends SelectionOptions {
  readonly json?: boolean;
  readonly by: SummaryKey;
  readonly limit: number;
  readonly notReplayed?: boolean;
}

export function registerQuarantineList(quarantine: Command): void {
  const command = quarantine
    .command('list')
    .description('what was set aside: counts by reason, stage or day, then the newest records, the newest last')
    .argument('<pipeline>')
    .addOption(new Option('--by <what>', 'count by').choices(SUMMARY_KEYS).default('reason'))
    .option('--not-replayed', 'only records that were not put back yet')
    .option('--limit <count>', 'show at most this many records, the newest', positiveInteger, 20);
  withSelection(command);
  withExamples(withJson(command), [
    'eddyline quarantine list electricity',
    'eddyline quarantine list electricity --by day --since 7d',
    'eddyline quarantine list electricity --reason range --since 2h --not-replayed --json',
  ]).action((pipeline: string, options: ListOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        await connections.pipeline(pipeline);
        const log = connections.log();
        const topic = topicOf(pipeline, 'quarantine');
        const marks = await marksInForce(connections, pipeline);
        const filter = filterOf(options);
        const summary = new QuarantineSummary(options.by);
        const newest = new NewestEntries(options.limit);
        for await (const entry of readQuarantine(log, topic, await stretchesOf(log, topic, filter.sinceMs))) {
          if (!matches(entry, filter)) continue;
          const replayed = marks.of(entry) !== undefined;
          if (replayed && options.notReplayed === true) continue;
          summary.add(entry, replayed);
          newest.add(entry, replayed);
        }
        const groups = summary.rows();
        const records = newest.list();
        const { total } = summary;
        reporter.result({ pipeline, total, by: options.by, groups: groups.map(groupJson), records });
        if (total === 0) return reporter.line('nothing is quarantined that fits');
        for (const line of formatTable(summaryColumns(options.by), groups)) reporter.line(line);
        reporter.line();
        for (const line of formatTable(RECORD_COLUMNS, records)) reporter.line(line);
        if (total > records.length)
          reporter.note(`the newest ${formatCount(records.length)} of ${formatCount(total)}; --limit shows more`);
      }),
    ),
  );
}

function groupJson({ group, count, notReplayed, bytes, firstMs, lastMs, example }: SummaryGroup): object {
  return { group, count, notReplayed, sizeBytes: bytes, first: iso(firstMs), last: iso(lastMs), example };
}

function summaryColumns(by: SummaryKey): readonly Column<SummaryGroup>[] {
  return [
    { title: by.toUpperCase(), value: ({ group }) => printable(group, 30) },
    { title: 'COUNT', value: ({ count }) => count, align: 'right' },
    { title: 'NOT REPLAYED', value: ({ notReplayed }) => notReplayed, align: 'right' },
    { title: 'SIZE', value: ({ bytes }) => formatBytes(bytes), align: 'right' },
    { title: 'FIRST', value: ({ firstMs }) => iso(firstMs) },
    { title: 'LAST', value: ({ lastMs }) => iso(lastMs) },
    { title: 'EXAMPLE', value: ({ example }) => printable(example, 80) },
  ];
}

const RECORD_COLUMNS: readonly Column<EntryFacts>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'AT', value: ({ at }) => at },
  { title: 'STAGE', value: ({ stage }) => printable(stage, 20) },
  { title: 'REASON', value: ({ reason }) => printable(reason, 24) },
  { title: 'ATTEMPT', value: ({ attempt }) => attempt, align: 'right' },
  { title: 'REPLAYED', value: ({ replayed }) => (replayed ? 'yes' : 'no') },
  { title: 'KEY', value: ({ key }) => (key === null ? null : printable(key, 24)) },
  { title: 'MESSAGE', value: ({ message }) => printable(message, 120) },
];

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
