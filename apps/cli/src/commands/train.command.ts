import type { BuiltInTrainer, PipelineDefinition, Scalar } from '#contracts';
import { openArtifactStore } from '#platform/artifacts';
import { describeModel, OnnxModel, planModelLayout } from '#platform/onnx';
import { Option, type Command } from 'commander';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { withConnections, type Connections } from '../connections/connections.js';
import { changeLoop } from '../lifecycle/change-loop.js';
import { clockFor, decideServing, servingNews, wayOf, type WayOptions } from '../lifecycle/serve-version.js';
import { readLabelledRows, type LabelledRow } from '../models/labelled-rows.js';
import { referenceOfRows, referencePathOf, type PreparedReference } from '../models/model-reference.js';
import { registerModel, type Registration } from '../models/register-model.js';
import { storeDataset, trainFromRows, type TrainedFromFile } from '../models/train-from-file.js';
import { TrainingNews } from '../models/training-progress.js';
import { openEventSource } from '../publish/event-source.js';
import { CliFailure } from '../terminal/failure.js';
import { count, hyperparameters, positiveInteger, share } from '../terminal/option-parsers.js';
import { formatBytes } from '../terminal/quantities.js';
import type { Reporter } from '../terminal/reporter.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatCount } from '../terminal/table.js';
import { userName } from '../terminal/user-name.js';

interface TrainOptions extends WayOptions {
  readonly json?: boolean;
  readonly from: string;
  readonly label: string;
  readonly rows?: number;
  readonly trainer?: BuiltInTrainer;
  readonly set?: Readonly<Record<string, Scalar>>;
  readonly search?: number;
  readonly holdout?: number;
  readonly folds?: number;
  readonly calibration?: 'none' | 'platt' | 'isotonic';
  readonly seed?: number;
  readonly out?: string;
  readonly register?: boolean;
  readonly promote: boolean;
  readonly description?: string;
}

export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .description(
      'train a model on labelled events of a file, as the pipeline file says unless told otherwise, and write or register it; the same rows and seed give the same files',
    )
    .argument('<pipeline>', 'a pipeline in force; its features are the inputs')
    .requiredOption('--from <file>', 'labelled events, CSV or NDJSON, gzipped or not')
    .requiredOption('--label <column>', 'column with the label')
    .option('--rows <count>', 'only the first so many rows', positiveInteger)
    .addOption(new Option('--trainer <name>', 'who trains').choices(['gbdt', 'random-forest', 'linear']))
    .option('--set <name=value>', 'a hyperparameter; may be given several times', hyperparameters)
    .option('--search <trials>', 'search hyperparameters by cross-validation; 0: do not', count)
    .option('--holdout <share>', 'newest rows that training does not see, e.g. 20% or 0', share)
    .option('--folds <count>', 'of cross-validation, in the order of time; 0: none', count)
    .addOption(new Option('--calibration <method>').choices(['none', 'platt', 'isotonic']))
    .option('--seed <number>', 'of all that is drawn by chance', count)
    .option('--out <model.onnx>', 'file to write, and beside it the rows with the scores')
    .option('--register', 'put it on the registry, with its card, and let it serve')
    .option('--description <text>', 'of the version')
    .option('--no-promote', 'with --register: the champion stays')
    .option('--rollout', 'with --register: through the rollout, or not at all')
    .option('--at-once', 'with --register: past the rollout, it serves everything now');
  withExamples(withJson(command), [
    'eddyline train electricity --from pipelines/electricity/electricity.csv.gz --label price_went_up --rows 4000 --register',
    'eddyline train electricity --from last-year.csv --label price_went_up --trainer linear --set l2=10 --out model.onnx',
    'eddyline train fraud --from labelled.ndjson.gz --label fraud --search 30 --register --no-promote',
  ]).action((pipeline: string, options: TrainOptions) =>
    runAction(options, (reporter) =>
      withConnections(
        ['kafkaBrokers', 'schemaRegistryUrl', ...(options.register === true ? (['artifacts'] as const) : [])],
        (connections) => train(pipeline, options, connections, reporter),
      ),
    ),
  );
}

async function train(
  pipeline: string,
  options: TrainOptions,
  connections: Connections,
  reporter: Reporter,
): Promise<void> {
  const { definition } = await connections.pipeline(pipeline);
  const way = wayOf(options, definition);
  const { rows, skipped } = await readRows(options, definition, reporter);
  const news = new TrainingNews(reporter);
  const wishes = {
    ...options,
    parameters: options.set ?? {},
    ...(options.search !== undefined && { trials: options.search }),
  };
  const trained = await trainFromRows(definition, rows, wishes, {
    onProgress: (progress) => news.update(progress),
  }).finally(() => news.end());
  const { outcome, trainer } = trained;
  tell(trained, rows.length, definition, reporter);
  const reference = await referenceOf(
    outcome.onnx,
    [...outcome.trainedRows].map((at) => rows[at]!),
    definition,
  );
  const referencePath =
    options.out === undefined ? undefined : await write(options.out, outcome.onnx, reference, reporter);
  const registration =
    options.register === true ? await register(trained, reference, way, definition, options, connections) : undefined;
  if (registration !== undefined) tellRegistration(pipeline, registration, options, reporter);
  reporter.result({
    ok: true,
    trainer,
    sha256: sha256Of(outcome.onnx),
    sizeBytes: outcome.onnx.byteLength,
    features: definition.features.map(({ name }) => name),
    rows: rows.length,
    skipped,
    parameters: outcome.parameters,
    metrics: outcome.metrics,
    importance: outcome.importance,
    calibration: outcome.calibration,
    trials: outcome.trials,
    out: options.out ?? null,
    reference: { path: referencePath ?? null, sha256: sha256Of(reference.bytes), rows: reference.rows },
    ...(registration && {
      known: registration.known,
      version: registration.version,
      serving: registration.changed.after.serving,
    }),
  });
}

async function readRows(
  { from, label, rows: most = Infinity }: TrainOptions,
  definition: PipelineDefinition,
  reporter: Reporter,
): Promise<{ readonly rows: readonly LabelledRow[]; readonly skipped: number }> {
  const source = await openEventSource(from);
  const rows: LabelledRow[] = [];
  const selection = { labelColumn: label, labelled: true, most };
  const { skipped, problems } = await readLabelledRows(source, definition, selection, (row) => {
    rows.push(row);
  }).finally(source.close);
  for (const problem of problems) reporter.warn(`left out ${from} ${problem}`);
  if (skipped > problems.length) reporter.warn(`left out ${skipped} rows in all`);
  if (rows.length === 0) throw new CliFailure(`${from} has no labelled events of ${definition.name} to train on`);
  // A dataset is in the order of time, however its file is.
  return { rows: rows.toSorted((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1)), skipped };
}

function tell(
  { outcome, trainer }: TrainedFromFile,
  rows: number,
  { features, model }: PipelineDefinition,
  reporter: Reporter,
): void {
  const { metrics, trainedRows, holdoutRows, calibration, remarks, onnx, importance } = outcome;
  for (const remark of remarks) reporter.warn(remark);
  reporter.line(
    `${trainer} on ${features.length} features and ${formatCount(rows)} rows (${formatBytes(onnx.byteLength)})`,
  );
  reporter.line(`  on the ${formatCount(trainedRows.length)} rows trained on: ${textOf(metrics, 'train')}`);
  if (outcome.trials.length > 0) {
    reporter.line(`  on later rows than it was trained on, by cross-validation: ${textOf(metrics, 'folds')}`);
  }
  if (holdoutRows.length > 0) {
    reporter.line(
      `  on the newest ${formatCount(holdoutRows.length)}, which no training saw: ${textOf(metrics, 'holdout')}`,
    );
  }
  const first = Object.entries(importance)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 5);
  reporter.line(`  by ${first.map(([name, part]) => `${name} ${Math.round(part * 100)} %`).join(', ')}`);
  if (calibration === null && model.task !== 'regression') {
    reporter.warn('not calibrated apart from the model: its scores are taken as they are');
  }
}

/** Metrics of a kind that a person compares models by. */
function textOf(metrics: Readonly<Record<string, number>>, on: 'train' | 'folds' | 'holdout'): string {
  return Object.entries(metrics)
    .filter(([name]) => name.startsWith(`${on}.`) && !name.endsWith('_std') && name !== `${on}.rows`)
    .map(([name, value]) => `${name.slice(on.length + 1).replaceAll('_', ' ')} ${value.toFixed(4)}`)
    .join(', ');
}

/** Scored by the file that was written, as inference will. */
async function referenceOf(
  onnx: Uint8Array,
  rows: readonly LabelledRow[],
  definition: PipelineDefinition,
): Promise<PreparedReference> {
  const layout = planModelLayout(await describeModel(onnx), definition.features, definition.model.task);
  if (!layout.ok) throw new Error(`the trained model does not fit its own pipeline: ${layout.problems.join('; ')}`);
  const model = await OnnxModel.load(onnx, layout);
  return referenceOfRows(rows, model, definition).finally(() => model.release());
}

async function write(out: string, onnx: Uint8Array, reference: PreparedReference, reporter: Reporter): Promise<string> {
  const path = referencePathOf(out);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, onnx);
  await writeFile(path, reference.bytes);
  reporter.line(`${out}: the model, for eddyline models register`);
  reporter.line(`${path}: ${formatCount(reference.rows)} of its rows with their scores, to hold drift against`);
  return path;
}

async function register(
  { outcome, trainer, dataset, explainer }: TrainedFromFile,
  reference: PreparedReference,
  way: ReturnType<typeof wayOf>,
  definition: PipelineDefinition,
  { from, description, promote }: TrainOptions,
  connections: Connections,
): Promise<Registration> {
  const { name } = definition;
  const applied = await connections.pipeline(name);
  const store = openArtifactStore(connections.addresses.artifacts);
  const hasChampion = (await connections.models()).champion(name) !== undefined;
  const clock = await clockFor(promote ? way : 'at_once', definition, hasChampion, connections);
  const { calibration, parameters, metrics, onnx } = outcome;
  const said = description ?? `${trainer}, ${formatCount(dataset.rows)} rows of ${basename(from)}`;
  return registerModel(
    onnx,
    applied,
    {
      description: said,
      serve: promote
        ? (record, version) => decideServing(record, version, way, { definition, clock, reason: said })
        : null,
      reference: () => Promise.resolve({ ...reference, calibration: calibration ?? reference.calibration }),
      trained: { card: { trainer, parameters, metrics, dataset: await storeDataset(dataset, from, store) }, explainer },
    },
    { store, change: (decide) => changeLoop(connections, name, clock, decide) },
    { name: userName(), now: () => new Date() },
  );
}

function tellRegistration(
  pipeline: string,
  { version: { version }, known, changed }: Registration,
  { promote }: TrainOptions,
  reporter: Reporter,
): void {
  reporter.line(`registered as version ${version}${known ? ', which it was before' : ''}`);
  reporter.line(
    promote
      ? servingNews(pipeline, version, changed.before.record, changed.after)
      : `not promoted: eddyline models promote ${pipeline} ${version}`,
  );
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
