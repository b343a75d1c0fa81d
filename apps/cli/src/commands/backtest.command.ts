import { MODEL_METADATA, type ModelVersion, type PipelineDefinition } from '#contracts';
import { openArtifactStore } from '#platform/artifacts';
import { describeModel, OnnxModel, planModelLayout } from '#platform/onnx';
import { InvalidArgumentError, type Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { formatBacktest } from '../backtest/format-backtest.js';
import { lastLoggedMs, runBacktest, type BacktestCandidate } from '../backtest/run-backtest.js';
import { withConnections, type Connections } from '../connections/connections.js';
import { CliFailure, messageOf, usageFailure } from '../terminal/failure.js';
import { interruptSignal } from '../terminal/interrupt.js';
import { duration, positiveInteger } from '../terminal/option-parsers.js';
import type { Reporter } from '../terminal/reporter.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatCount } from '../terminal/table.js';

interface BacktestOptions {
  readonly json?: boolean;
  readonly version?: string;
  readonly model?: string;
  readonly from?: number;
  readonly to?: number;
  readonly last?: number;
  readonly rows: number;
  readonly tolerance?: number;
}

const PROGRESS_EVERY_MS = 2_000;
const DEFAULT_TOLERANCE = 1e-6;

export function registerBacktest(program: Command): void {
  const command = program
    .command('backtest')
    .description(
      'replay logged events: through the versions that served, as a proof that their scores come out again, and through a candidate; writes nothing',
    )
    .argument('<pipeline>', 'a pipeline in force')
    .option('--version <number>', 'a registered version as the candidate')
    .option('--model <file.onnx>', 'a file as the candidate')
    .option('--from <time>', 'event time, inclusive', eventTime)
    .option('--to <time>', 'event time, exclusive', eventTime)
    .option('--last <duration>', 'event time back from the last logged event, e.g. 7d', duration)
    .option('--rows <count>', 'the newest so many of the range', positiveInteger, 100_000)
    .option('--tolerance <difference>', "of replayed scores (default: the gates', else 1e-6)", tolerance);
  withExamples(withJson(command), [
    'eddyline backtest electricity',
    'eddyline backtest electricity --version 3 --last 7d',
    'eddyline backtest fraud --model candidate.onnx --from 2026-01-01 --to 2026-02-01 --rows 500000 --json',
  ]).action((pipeline: string, options: BacktestOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl', 'artifacts'], (connections) =>
        backtest(pipeline, options, connections, reporter),
      ),
    ),
  );
}

async function backtest(
  pipeline: string,
  options: BacktestOptions,
  connections: Connections,
  reporter: Reporter,
): Promise<0 | 1> {
  if (options.version !== undefined && options.model !== undefined)
    throw usageFailure('give one of --version and --model');
  if (options.last !== undefined && options.from !== undefined) throw usageFailure('give one of --last and --from');
  const { definition } = await connections.pipeline(pipeline);
  const versions = (await connections.models()).versions(pipeline);
  const store = openArtifactStore(connections.addresses.artifacts);
  const candidate = await candidateOf(options, definition, versions, store);
  const interrupt = interruptSignal();
  try {
    const fromMs =
      options.last === undefined
        ? (options.from ?? null)
        : ((await lastLoggedMs(connections.clickhouse(), pipeline)) ?? 0) - options.last;
    const result = await runBacktest(
      {
        definition,
        range: { fromMs, toMs: options.to ?? null, rows: options.rows },
        tolerance: options.tolerance ?? definition.gates?.replayTolerance ?? DEFAULT_TOLERANCE,
        candidate,
      },
      {
        clickhouseUrl: connections.addresses.clickhouseUrl,
        versions,
        store,
        signal: interrupt.signal,
        onProgress: progressOf(reporter, options.rows),
      },
    );
    for (const line of formatBacktest(pipeline, result)) reporter.line(line);
    const { trainedUntilMs, fromMs: firstMs } = result;
    if (trainedUntilMs !== null && firstMs !== null && firstMs <= trainedUntilMs) {
      reporter.warn(
        `the candidate was trained on events until ${new Date(trainedUntilMs).toISOString()}: on those, labels flatter it (--from)`,
      );
    }
    for (const objection of result.objections) reporter.error(objection);
    reporter.result({ ok: result.passed, pipeline, ...result });
    return result.passed ? 0 : 1;
  } finally {
    interrupt.release();
    await candidate?.model.release();
  }
}

type Store = ReturnType<typeof openArtifactStore>;

async function candidateOf(
  { version, model }: BacktestOptions,
  definition: PipelineDefinition,
  versions: readonly ModelVersion[],
  store: Store,
): Promise<BacktestCandidate | null> {
  if (version !== undefined) {
    const known = versions.find((one) => one.version === version);
    if (known === undefined) {
      const all = versions.map((one) => one.version).join(', ') || 'none';
      throw new CliFailure(`${definition.name} has no version ${version} (registered: ${all})`);
    }
    const bytes = await store.get(known.artifactUri, known.sha256);
    return fitted(bytes, `version ${version}`, definition, known.card?.dataset?.toMs ?? null);
  }
  if (model === undefined) return null;
  const bytes = await readFile(model).catch((error: unknown) => {
    throw new CliFailure(`cannot read the model ${model}: ${messageOf(error)}`, 1, { cause: error });
  });
  return fitted(bytes, basename(model), definition, null);
}

async function fitted(
  bytes: Uint8Array,
  name: string,
  definition: PipelineDefinition,
  trainedUntilMs: number | null,
): Promise<BacktestCandidate> {
  const description = await describeModel(bytes);
  const layout = planModelLayout(description, definition.features, definition.model.task);
  if (!layout.ok) {
    const problems = layout.problems.map((problem) => `  ✗ ${problem}`);
    throw new CliFailure([`${name} does not fit the pipeline ${definition.name}`, ...problems].join('\n'));
  }
  const [, until] = description.metadata[MODEL_METADATA.trainingWindow]?.split('/') ?? [];
  const windowEnd = until === undefined ? NaN : Date.parse(until);
  return {
    name,
    model: await OnnxModel.load(bytes, layout),
    trainedUntilMs: trainedUntilMs ?? (Number.isNaN(windowEnd) ? null : windowEnd),
  };
}

function progressOf(reporter: Reporter, most: number): (rows: number) => void {
  let toldAtMs = Date.now();
  return (rows) => {
    if (Date.now() - toldAtMs < PROGRESS_EVERY_MS) return;
    toldAtMs = Date.now();
    reporter.note(`${formatCount(rows)} of at most ${formatCount(most)} events replayed`);
  };
}

function eventTime(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Expected a time such as 1997-05-02 or 2026-01-31T12:00:00Z.');
  return ms;
}

function tolerance(text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError('Expected a number from 0, such as 1e-6.');
  return value;
}
