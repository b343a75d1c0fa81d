import { randomBytes } from 'node:crypto';
import { streamsOf, topicOf, type AppliedPipeline } from '#contracts';
import { Option, type Command } from 'commander';
import { withConnections, type Connections } from '../connections/connections.js';
import { entryIdOf } from '../quarantine/quarantine-entry.js';
import { ensureMarksTopic, homesOf, marksInForce, offsetSource } from '../quarantine/quarantine-topics.js';
import { readEntry, stretchesOf, type LogStretch } from '../quarantine/read-quarantine.js';
import { previewReplay, type ReplayPreview } from '../quarantine/replay-preview.js';
import { readReplayMarks } from '../quarantine/replay-marks.js';
import { awaitOutcome, ReplayedPositions, type Before } from '../quarantine/replay-outcome.js';
import { replayQuarantine, SendFailed, type ReplayResult } from '../quarantine/replay-quarantine.js';
import type { ReplaySelection } from '../quarantine/replay-selection.js';
import { openReplaySender } from '../quarantine/replay-sender.js';
import { CliFailure, usageFailure } from '../terminal/failure.js';
import { interruptSignal } from '../terminal/interrupt.js';
import { duration, entryPositions, positiveInteger, rate, type EntryPosition } from '../terminal/option-parsers.js';
import { formatDuration } from '../terminal/quantities.js';
import type { Reporter } from '../terminal/reporter.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatCount } from '../terminal/table.js';
import { userName } from '../terminal/user-name.js';
import { filterOf, withSelection, type SelectionOptions } from './quarantine-selection.js';
import { describeOutcome, describePreview, noteLimits, replayProgress } from './quarantine-replay-report.js';

export interface ReplayCommandOptions extends SelectionOptions {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly id?: readonly EntryPosition[];
  readonly limit?: number;
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly rate: number;
  readonly wait?: number | true;
}

const DEFAULT_RATE = 1_000;
const DEFAULT_WAIT_MS = 600_000;

export function registerQuarantineReplay(quarantine: Command): void {
  const command = quarantine
    .command('replay')
    .description('put quarantined records back on the topics they came from, unchanged; none twice')
    .argument('<pipeline>')
    .option('--all', 'every record')
    .option('--id <partition-offset...>', 'these records', entryPositions)
    .option('--limit <count>', 'at most this many, the oldest of each partition first', positiveInteger)
    .option('--again', 'also records that an earlier run put back; running it twice puts them back twice')
    .option('--dry-run', 'say what would be put back, change nothing')
    .addOption(
      new Option('--rate <rate>', 'at most this fast, beside what flows anyway')
        .argParser(rate)
        .default(DEFAULT_RATE, `${DEFAULT_RATE}/s`),
    )
    .option(
      '--wait [duration]',
      'wait until the stages have read them and say what became of them (default 10m)',
      duration,
    );
  withSelection(command);
  command.addHelpText(
    'after',
    `
A record and the mark that it was put back are one transaction, and a pipeline has one replay at a time: a second one
ends the first. So running it again after Ctrl-C, kill -9 or an error puts back what is missing and nothing twice.

A refused event was not remembered by deduplication and is judged anew. It is refused again as \`late\` where its time
lies further behind the stream than timeliness.maxLateness allows (raise that, apply, replay, then lower it again), and
dropped as a duplicate where an event with its id was accepted since.`,
  );
  withExamples(withJson(command), [
    'eddyline quarantine replay electricity --reason range --since 3d --dry-run',
    'eddyline quarantine replay electricity --reason range --limit 1 --wait',
    'eddyline quarantine replay electricity --reason range --since 3d --rate 200/s --wait 30m',
    'eddyline quarantine replay electricity --id 2-17 3-4',
  ]).action((pipeline: string, options: ReplayCommandOptions) =>
    runAction(options, async (reporter) => {
      checkSelection(options);
      return withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const applied = await connections.pipeline(pipeline);
        const selection = await selectionOf(connections, applied, options);
        const marks = await marksInForce(connections, pipeline);
        const preview = await previewReplay(connections.log(), selection, marks);
        describePreview(preview, options, reporter);
        if (options.dryRun) {
          noteLimits(applied.definition, reporter);
          reporter.result({ ok: true, dryRun: true, ...preview });
          return 0;
        }
        return carryOut(applied, connections, selection, preview, options, reporter);
      });
    }),
  );
}

function checkSelection({ all, id, ...options }: ReplayCommandOptions): void {
  const filtered = Object.keys(filterOf(options)).length > 0;
  if ([all === true, filtered, id !== undefined].filter(Boolean).length === 1) return;
  throw usageFailure(
    'say which records: --all, or --id, or one or more of --reason, --stage, --key, --since, --until, --run',
  );
}

async function selectionOf(
  connections: Connections,
  applied: AppliedPipeline,
  options: ReplayCommandOptions,
): Promise<ReplaySelection> {
  const topic = topicOf(applied.definition.name, 'quarantine');
  const log = connections.log();
  const filter = filterOf(options);
  return {
    topic,
    filter,
    stretches:
      options.id === undefined
        ? await stretchesOf(log, topic, filter.sinceMs)
        : await stretchesAt(connections, topic, options.id),
    ...(options.id && { ids: new Set(options.id.map(({ partition, offset }) => entryIdOf(partition, offset))) }),
    ...(options.limit !== undefined && { limit: options.limit }),
    homes: await homesOf(connections, applied),
    run: `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${randomBytes(3).toString('hex')}`,
    again: options.again === true,
  };
}

/** Just the records that are named; all of them must be there. */
async function stretchesAt(
  connections: Connections,
  topic: string,
  positions: readonly EntryPosition[],
): Promise<readonly LogStretch[]> {
  const stretches = new Map<string, LogStretch>();
  for (const position of positions) {
    const { partition, offset } = position;
    const id = entryIdOf(partition, offset);
    if ((await readEntry(connections.log(), topic, position)) === undefined) {
      throw new CliFailure(`${topic} has no record ${id}: it was never there, was purged, or its retention is over`);
    }
    stretches.set(id, { partition, from: offset, to: offset + 1 });
  }
  return [...stretches.values()];
}

async function carryOut(
  applied: AppliedPipeline,
  connections: Connections,
  selection: ReplaySelection,
  preview: ReplayPreview,
  options: ReplayCommandOptions,
  reporter: Reporter,
): Promise<0 | 1> {
  const { name } = applied.definition;
  const { run } = selection;
  // With nothing to do, another operator's replay is left in peace.
  if (preview.selected === 0) {
    reporter.line('nothing to put back');
    reporter.result({ ok: preview.homeless === 0, replayed: 0, ...preview });
    return preview.homeless === 0 ? 0 : 1;
  }
  const before = options.wait === undefined ? undefined : await endsOf(connections, applied);
  const positions = new ReplayedPositions();
  const interrupt = interruptSignal();
  const progress = replayProgress(reporter, preview.selected);
  try {
    await ensureMarksTopic(connections, applied);
    const result = await replayQuarantine(
      {
        log: connections.log(),
        openSender: () => openReplaySender(connections.kafka(), name, (appended) => positions.add(appended)),
        readMarks: () => readReplayMarks(connections.log(), name),
      },
      {
        pipeline: name,
        selection,
        by: userName(),
        ratePerSecond: options.rate,
        signal: interrupt.signal,
        onProgress: (replayed) => progress.update(replayed),
        onRetry: (reason) => progress.interject(`${reason}; looking at what came of it, then going on`),
      },
    );
    progress.stop();
    sayResult(result, preview, run, reporter);
    const complete = result.end === 'complete' && result.homeless.length + result.tooLarge.length === 0;
    const outcome =
      before === undefined || result.replayed === 0
        ? undefined
        : await outcomeOf(connections, { pipeline: name, run, positions, before }, options, interrupt.signal, reporter);
    reporter.result({ ok: complete && outcome !== null, run, ...preview, ...result, outcome });
    if (outcome === undefined) noteWhatBecame(name, run, reporter);
    else noteLimits(applied.definition, reporter);
    return complete && outcome !== null ? 0 : 1;
  } catch (error) {
    throw error instanceof SendFailed ? explain(error, name, progress.replayed) : error;
  } finally {
    progress.stop();
    interrupt.release();
  }
}

function sayResult(result: ReplayResult, { selected }: ReplayPreview, run: string, reporter: Reporter): void {
  for (const id of result.tooLarge) {
    reporter.warn(`${id} is larger than the topic it came from takes by now (max.message.bytes); it stays where it is`);
  }
  reporter.line(
    `put back ${formatCount(result.replayed)} of ${formatCount(selected)} ${selected === 1 ? 'record' : 'records'}, run ${run}`,
  );
  if (result.end === 'interrupted') reporter.note('interrupted; the same command again puts back the rest');
}

/** Where the topics end on which it will be seen what became of the records. */
async function endsOf(connections: Connections, { definition }: AppliedPipeline): Promise<Before> {
  const before = new Map<string, readonly { readonly partition: number; readonly high: number }[]>();
  for (const stream of streamsOf(definition)) {
    const topic = topicOf(definition.name, stream);
    before.set(topic, await connections.log().ends(topic));
  }
  return before;
}

async function outcomeOf(
  connections: Connections,
  request: { pipeline: string; run: string; positions: ReplayedPositions; before: Before },
  { wait }: ReplayCommandOptions,
  interrupt: AbortSignal,
  reporter: Reporter,
): ReturnType<typeof awaitOutcome> {
  const waitMs = typeof wait === 'number' ? wait : DEFAULT_WAIT_MS;
  const signal = AbortSignal.any([interrupt, AbortSignal.timeout(waitMs)]);
  let saidAtMs = performance.now();
  const outcome = await awaitOutcome(connections.log(), await offsetSource(connections), {
    ...request,
    signal,
    onWaiting(stage, behind) {
      if (performance.now() - saidAtMs < 5_000) return;
      saidAtMs = performance.now();
      reporter.note(`waiting for ${stage}, behind on ${behind} ${behind === 1 ? 'partition' : 'partitions'}`);
    },
  });
  if (outcome !== null) {
    for (const line of outcome.flatMap(describeOutcome)) reporter.line(line);
    return outcome;
  }
  const why = interrupt.aborted ? 'interrupted' : `not read within ${formatDuration(waitMs)}`;
  reporter.error(`${why}; what was put back stays put back. Is the stage running? eddyline status ${request.pipeline}`);
  noteWhatBecame(request.pipeline, request.run, reporter);
  return null;
}

function noteWhatBecame(pipeline: string, run: string, reporter: Reporter): void {
  reporter.note(
    `what was refused again, once the stages have read it: eddyline quarantine list ${pipeline} --run ${run}`,
  );
}

function explain(error: SendFailed, pipeline: string, replayed: number): CliFailure {
  const done = `${formatCount(replayed)} ${replayed === 1 ? 'record was' : 'records were'} put back by this one`;
  return error.kind === 'fenced'
    ? new CliFailure(
        `another replay of ${pipeline} was started and has taken over (or this one stood still for half a minute): ${done}. ` +
          `Nothing was put back twice; when the other one is over, the same command puts back what is left`,
        1,
        { cause: error },
      )
    : new CliFailure(
        `${error.message}\n${done}; whether the last batch was is not known here, but its marks know: ` +
          `the same command puts back what is missing, and nothing twice`,
        1,
        { cause: error },
      );
}
