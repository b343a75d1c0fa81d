import { topicOf } from '#contracts';
import type { Command } from 'commander';
import { withConnections, type Connections } from '../connections/connections.js';
import { matches, parseEntryId, type QuarantineEntry, type QuarantineFilter } from '../quarantine/quarantine-entry.js';
import { findReplayed, readEntry, readQuarantine } from '../quarantine/read-quarantine.js';
import { planReplay, type ReplayPlan } from '../quarantine/replay.js';
import { replayEntries } from '../quarantine/replay-quarantine.js';
import { CliFailure, usageFailure } from '../terminal/failure.js';
import { interruptSignal } from '../terminal/interrupt.js';
import { rate } from '../terminal/option-parsers.js';
import type { Reporter } from '../terminal/reporter.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface ReplayCommandOptions {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly reason?: string;
  readonly stage?: string;
  readonly id?: readonly string[];
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly rate?: number;
}

export function registerQuarantineReplay(quarantine: Command): void {
  const command = quarantine
    .command('replay')
    .description('put quarantined records back on the topics they came from, unchanged; none twice')
    .argument('<pipeline>')
    .option('--all', 'every record')
    .option('--reason <code>', 'records with this reason')
    .option('--stage <name>', 'records that this stage set aside')
    .option('--id <partition-offset...>', 'these records')
    .option('--again', 'also records that were replayed before')
    .option('--dry-run', 'say what would be replayed, change nothing')
    .option('--rate <rate>', 'at most this fast, e.g. 100/s', rate);
  withExamples(withJson(command), [
    'eddyline quarantine replay electricity --reason range --dry-run',
    'eddyline quarantine replay electricity --id 2-17 --id 3-4',
    'eddyline quarantine replay electricity --all --rate 200/s',
  ]).action((pipeline: string, options: ReplayCommandOptions) =>
    runAction(options, async (reporter) => {
      checkSelection(options);
      return withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        await connections.pipeline(pipeline);
        const entries = await select(connections, topicOf(pipeline, 'quarantine'), options);
        const replayed = options.again ? new Set<string>() : await findReplayed(connections.log(), entries);
        const plan = planReplay(entries, replayed, options.again === true);
        return carryOut(plan, connections, options, reporter);
      });
    }),
  );
}

function checkSelection({ all, reason, stage, id }: ReplayCommandOptions): void {
  const ways = [all, reason ?? stage, id].filter((way) => way !== undefined).length;
  if (ways !== 1)
    throw usageFailure('say which records: --all, or --reason and/or --stage, or --id (one of the three)');
}

async function select(
  connections: Connections,
  topic: string,
  options: ReplayCommandOptions,
): Promise<readonly QuarantineEntry[]> {
  if (options.id) return Promise.all(options.id.map((id) => entryNamed(connections, topic, id)));
  const filter: QuarantineFilter = {
    ...(options.reason !== undefined && { reason: options.reason }),
    ...(options.stage !== undefined && { stage: options.stage }),
  };
  const entries: QuarantineEntry[] = [];
  for await (const entry of readQuarantine(connections.log(), topic)) if (matches(entry, filter)) entries.push(entry);
  return entries;
}

async function entryNamed(connections: Connections, topic: string, id: string): Promise<QuarantineEntry> {
  const position = parseEntryId(id);
  if (!position) throw usageFailure(`--id ${id} is not <partition>-<offset>, e.g. 2-17`);
  const entry = await readEntry(connections.log(), topic, position);
  if (!entry) throw new CliFailure(`${topic} has no record ${id}: it was never there, or its retention is over`);
  return entry;
}

async function carryOut(
  plan: ReplayPlan,
  connections: Connections,
  options: ReplayCommandOptions,
  reporter: Reporter,
): Promise<0 | 1> {
  const counts = {
    selected: plan.replay.length,
    alreadyReplayed: plan.alreadyReplayed.length,
    homeless: plan.homeless.length,
  };
  for (const entry of plan.homeless) reporter.warn(`${entry.id} does not say where it came from and stays where it is`);
  if (plan.alreadyReplayed.length > 0) {
    reporter.note(`${plan.alreadyReplayed.length} replayed before and left alone (--again repeats them)`);
  }
  if (options.dryRun) {
    for (const { id, reason, origin, attempt } of plan.replay) {
      reporter.line(`${id}  ${reason}  → ${origin.topic} partition ${origin.partition}, attempt ${attempt + 1}`);
    }
    reporter.line(`would replay ${plan.replay.length} ${plan.replay.length === 1 ? 'record' : 'records'}`);
    reporter.result({ ok: true, dryRun: true, ...counts, ids: plan.replay.map(({ id }) => id) });
    return 0;
  }
  const interrupt = interruptSignal();
  const publisher = connections.publisher();
  try {
    const done = await replayEntries(plan.replay, {
      publish: (messages) => publisher.publish(messages),
      signal: interrupt.signal,
      ...(options.rate !== undefined && { ratePerSecond: options.rate }),
    });
    const complete = done === plan.replay.length;
    reporter.line(`replayed ${done} of ${plan.replay.length} ${plan.replay.length === 1 ? 'record' : 'records'}`);
    if (!complete) reporter.note('interrupted; run it again to replay the rest');
    reporter.result({ ok: complete, replayed: done, ...counts, ids: plan.replay.slice(0, done).map(({ id }) => id) });
    return complete ? 0 : 1;
  } finally {
    interrupt.release();
  }
}
