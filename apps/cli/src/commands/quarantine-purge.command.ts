import { createInterface } from 'node:readline/promises';
import { consumerGroupOf, databaseOf, topicOf } from '#contracts';
import { deleteRecordsBefore } from '#platform/kafka';
import type { Command } from 'commander';
import { withConnections, type Connections } from '../connections/connections.js';
import { makePurgePlan, purge, purgedRecords, type PurgePlan } from '../quarantine/purge-quarantine.js';
import { countRows, deleteRows } from '../quarantine/quarantine-rows.js';
import { QuarantineSummary } from '../quarantine/quarantine-summary.js';
import { marksInForce, offsetSource } from '../quarantine/quarantine-topics.js';
import { usageFailure } from '../terminal/failure.js';
import { duration } from '../terminal/option-parsers.js';
import { printable } from '../terminal/printable.js';
import type { Reporter } from '../terminal/reporter.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatCount } from '../terminal/table.js';

interface PurgeOptions {
  readonly json?: boolean;
  readonly olderThan: number;
  readonly dryRun?: boolean;
  readonly keepRows?: boolean;
  readonly yes?: boolean;
}

export function registerQuarantinePurge(quarantine: Command): void {
  const command = quarantine
    .command('purge')
    .description('delete what has been in quarantine for long: records on Kafka and their rows in ClickHouse, for good')
    .argument('<pipeline>')
    .requiredOption('--older-than <duration>', 'how long it must have been there, e.g. 30d', duration)
    .option('--keep-rows', 'leave the rows in ClickHouse: what was refused stays known, its bytes too')
    .option('--dry-run', 'say what would be deleted, change nothing')
    .option('--yes', 'do not ask; needed where there is no terminal');
  command.addHelpText(
    'after',
    `
On each partition everything before the first younger record goes, as far as monitoring has logged it in ClickHouse. With
rows, those go that tell of deleted records, also of such as retention took before. Put back what can be mended first:
eddyline quarantine list <pipeline> --until 30d --not-replayed`,
  );
  withExamples(withJson(command), [
    'eddyline quarantine purge electricity --older-than 30d --dry-run',
    'eddyline quarantine purge electricity --older-than 30d --keep-rows --yes --json',
  ]).action((pipeline: string, options: PurgeOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
        await connections.pipeline(pipeline);
        const asks = options.dryRun !== true && options.yes !== true;
        if (asks && (process.stdin.isTTY !== true || !reporter.interactive)) {
          throw usageFailure('there is no terminal to ask on: --yes deletes without asking, --dry-run only looks');
        }
        const beforeMs = Date.now() - options.olderThan;
        const topic = topicOf(pipeline, 'quarantine');
        const offsets = await offsetSource(connections);
        const logged = await offsets.committed(consumerGroupOf('monitoring', pipeline), topic);
        const plan = await makePurgePlan(connections.log(), topic, beforeMs, logged);
        const marks = await marksInForce(connections, pipeline);
        const summary = new QuarantineSummary('reason');
        for await (const entry of purgedRecords(connections.log(), plan)) {
          summary.add(entry, marks.of(entry) !== undefined);
        }
        // Asked before anything goes, also to know that ClickHouse answers.
        const rows = options.keepRows ? 0 : await countRows(connections.clickhouse(), pipeline, plan.rows);
        const facts = {
          ok: true,
          pipeline,
          before: iso(beforeMs),
          records: summary.total,
          rows,
          partitions: plan.partitions,
        };
        describe(plan, summary, rows, pipeline, options, reporter);
        if (options.dryRun || (summary.total === 0 && rows === 0)) {
          if (!options.dryRun) reporter.line('nothing to delete');
          reporter.result({ ...facts, ...(options.dryRun ? { dryRun: true } : { records: 0, rows: 0 }) });
          return 0;
        }
        if (asks && !(await confirmed())) {
          reporter.note('nothing was deleted');
          return 1;
        }
        const unmarked = await carryOut(connections, pipeline, plan, marks, options);
        reporter.line(`deleted ${count(summary.total, 'record')} from ${topic}`);
        if (!options.keepRows) reporter.line(`deleted ${count(rows, 'row')} from ${databaseOf(pipeline)}.quarantine`);
        reporter.result({ ...facts, marks: unmarked });
        return 0;
      }),
    ),
  );
}

function carryOut(
  connections: Connections,
  pipeline: string,
  plan: PurgePlan,
  marks: Awaited<ReturnType<typeof marksInForce>>,
  { keepRows }: PurgeOptions,
): Promise<number> {
  return purge(
    {
      deleteRecordsBefore: (topic, offsets) => deleteRecordsBefore(connections.kafka(), topic, offsets),
      deleteRows: keepRows ? undefined : (cutoff) => deleteRows(connections.clickhouse(), pipeline, cutoff),
      publish: (messages) => connections.publisher().publish(messages),
    },
    pipeline,
    plan,
    marks,
  );
}

function describe(
  { topic, partitions, rows: { beforeMs } }: PurgePlan,
  summary: QuarantineSummary,
  rows: number,
  pipeline: string,
  { dryRun, keepRows }: PurgeOptions,
  reporter: Reporter,
): void {
  const would = dryRun ? 'would delete' : 'to delete:';
  reporter.line(`${would} ${count(summary.total, 'record')} of ${topic} from before ${iso(beforeMs)}`);
  for (const { group, count: records, notReplayed } of summary.rows()) {
    reporter.line(
      `  ${printable(group, 40)}: ${formatCount(records)}, ${formatCount(notReplayed)} of them never put back`,
    );
  }
  reporter.line(
    keepRows
      ? `the rows of ${databaseOf(pipeline)}.quarantine are kept`
      : `${would} ${count(rows, 'row')} of ${databaseOf(pipeline)}.quarantine`,
  );
  for (const { partition, to, wanted } of partitions) {
    if (wanted > to) {
      reporter.warn(
        `partition ${partition} is only deleted up to offset ${to}, not ${wanted}: monitoring has not logged more yet (eddyline status ${pipeline})`,
      );
    }
  }
}

async function confirmed(): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question('Delete for good? [y/N] ')).trim());
  } finally {
    prompt.close();
  }
}

function count(number: number, noun: string): string {
  return `${formatCount(number)} ${noun}${number === 1 ? '' : 's'}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
