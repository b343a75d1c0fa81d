import { MODEL_METADATA, type BuiltInTrainer } from '#contracts';
import { toOnnx } from '#domain/onnx-format';
import { encodeColumns, rawOutputs, scoresOf, type InputEncoding, type TrainedModel } from '#domain/trained-model';
import { bestTrial, type TriedOut } from './best-trial.js';
import { calibratedModel, servedCalibration } from './calibrated-model.js';
import { CrossValidation, foldMetrics, outOfFold, type FoldResult } from './cross-validation.js';
import { encodeSplit, numbersAt } from './encoded-rows.js';
import type { Parameters } from './hyperparameters.js';
import type { FitJob, Learner } from './learner.js';
import { linearLearner } from './linear/linear-learner.js';
import { metricByDefault, metricsOf } from './metrics-of.js';
import { directionsOf } from './monotone.js';
import { reporterOf, TrainingCancelled, type Report } from './progress.js';
import { combinationsOf, medianOf } from './search-trials.js';
import { expandingFolds, holdOut, orderOf, shuffledFolds, type RowSplit } from './split-rows.js';
import { treeLearner } from './tree-learner.js';
import { problemOfClasses, problemOfTraining } from './training-problem.js';
import type { TrainingHooks, TrainingOutcome, TrainingPlan, TrainingResult, TrainingRows } from './training-plan.js';

/**
 * One training run: search by cross-validation in the order of time, calibration on scores out of fold, a final fit on all rows
 * but the newest share, metrics, and the model as ONNX. Pure: the same rows, plan and seed give the same bytes.
 */
export function trainModel(rows: TrainingRows, plan: TrainingPlan, hooks: TrainingHooks = {}): TrainingResult {
  const problem = problemOfTraining(rows, plan);
  if (problem !== null) return refused(problem);
  const order = orderOf(rows.labels.length, rows.times, plan.seed);
  const { training, holdout } = holdOut(order, plan.holdout);
  const oneClass = problemOfClasses(numbersAt(rows.labels, training), plan);
  if (oneClass !== null) return refused(oneClass);
  try {
    return train(rows, plan, training, holdout, reporterOf(hooks));
  } catch (error) {
    if (error instanceof TrainingCancelled) return { ok: false, kind: 'cancelled' };
    throw error;
  }
}

const LEARNERS: Readonly<Record<BuiltInTrainer, Learner>> = {
  gbdt: treeLearner('gbdt'),
  'random-forest': treeLearner('forest'),
  linear: linearLearner,
};
const NO_ROWS = new Uint32Array(0);
const NO_COLUMNS =
  'all features are strings, and no level of them has as many as 5 rows: a linear model has nothing to weigh';

function refused(message: string): TrainingResult {
  return { ok: false, kind: 'refused', message };
}

function train(
  rows: TrainingRows,
  plan: TrainingPlan,
  training: Uint32Array,
  holdout: Uint32Array,
  report: Report,
): TrainingResult {
  const { task, seed } = plan;
  const learner = LEARNERS[plan.trainer];
  const outputs = task === 'multiclass-classification' ? (plan.classes ?? classesIn(rows.labels)) : 1;
  const folds = foldsOf(rows, plan, training);
  const validation = new CrossValidation(rows, folds.splits, learner, plan, outputs);
  const tried = triedOut(plan, validation, report);
  const parameters = { ...tried.parameters, ...roundsOf(tried.results) };
  const { inputs, training: set } = encodeSplit(rows, { training, validation: NO_ROWS }, task, {
    kind: learner.encoding,
    maxLevels: Number(parameters['maxLevels']),
  });
  if (set.columns.length === 0) return refused(NO_COLUMNS);
  report({ phase: 'fitting' });
  const onRound: FitJob['onRound'] = (round, rounds) => report({ phase: 'fitting', round, rounds: rounds ?? null });
  const monotone = directionsOf(rows.features, plan.monotone);
  const fit = learner.fit({ training: set, validation: null, task, outputs, parameters, monotone, seed, onRound });
  report({ phase: 'exporting' });
  const fitted: TrainedModel = { task, outputs, inputs, model: fit.model, calibration: null };
  const out = outOfFold(tried.results);
  const { model, isCalibrated, remark } = calibratedModel(fitted, plan.calibration, out);
  const encoded = encodeColumns(inputs, rows.columns, rows.labels.length);
  const scores = scoresOf(model, rawOutputs(model, encoded));
  const metrics = finite({
    ...named('train', measured(rows, scores, training, plan)),
    ...named('folds', foldMetrics(tried.results)),
    ...named('holdout', holdout.length === 0 ? {} : measured(rows, scores, holdout, plan)),
  });
  const calibration = servedCalibration(model, isCalibrated, out);
  return {
    ok: true,
    model,
    onnx: toOnnx(model, metadataOf(rows, plan, training, metrics, calibration)),
    metrics,
    calibration,
    parameters,
    trials: tried.trials,
    importance: importanceOf(inputs, fit.importance),
    scores,
    trainedRows: training,
    holdoutRows: holdout,
    remarks: [...folds.remarks, fit.remark, remark].filter((one) => one !== null),
  };
}

/** Folds that can be trained on: one whose training rows are all of one class is left out. */
function foldsOf(
  { labels, times }: TrainingRows,
  { task, folds }: TrainingPlan,
  training: Uint32Array,
): { readonly splits: readonly RowSplit[]; readonly remarks: readonly string[] } {
  const splits = times === null ? shuffledFolds(training, folds) : expandingFolds(training, folds);
  const usable = splits.filter(
    (split) => task === 'regression' || split.training.some((row) => labels[row] !== labels[split.training[0]!]),
  );
  const remarks =
    usable.length === splits.length
      ? []
      : [
          `${splits.length - usable.length} of ${splits.length} folds have one class only to train on, and are left out`,
        ];
  return { splits: usable, remarks };
}

/** Without folds nothing can be compared: what is fixed, and defaults, are taken. */
function triedOut(plan: TrainingPlan, validation: CrossValidation, report: Report): TriedOut {
  const combinations = combinationsOf(plan.trainer, plan.parameters, plan.search, plan.seed);
  if (validation.splits.length === 0) return { trials: [], parameters: combinations[0]!, results: [] };
  return bestTrial(combinations, validation, plan.task, plan.metric ?? metricByDefault(plan.task), report);
}

/** Rounds after which the folds were best: the final fit has no rows to stop early by. */
function roundsOf(results: readonly FoldResult[]): Parameters {
  const rounds = results.flatMap(({ fit }) => (fit.rounds === null ? [] : [fit.rounds]));
  return rounds.length === 0 ? {} : { trees: Math.max(1, Math.round(medianOf(rounds))) };
}

function classesIn(labels: ArrayLike<number>): number {
  let largest = 1;
  for (let row = 0; row < labels.length; row++) largest = Math.max(largest, labels[row]!);
  return largest + 1;
}

function measured(
  { labels }: TrainingRows,
  scores: Float64Array,
  rows: Uint32Array,
  { task, threshold }: TrainingPlan,
): Readonly<Record<string, number>> {
  const width = scores.length / labels.length;
  const picked = new Float64Array(rows.length * width);
  for (let at = 0; at < rows.length; at++)
    picked.set(scores.subarray(rows[at]! * width, (rows[at]! + 1) * width), at * width);
  return { rows: rows.length, ...metricsOf(task, { scores: picked, labels: numbersAt(labels, rows) }, threshold) };
}

function named(prefix: string, metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${prefix}.${name}`, value]));
}

/** JSON has no NaN: a metric that the rows do not define is left out. */
function finite(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}

function importanceOf(inputs: readonly InputEncoding[], columns: readonly number[]): Readonly<Record<string, number>> {
  const total = columns.reduce((sum, share) => sum + share, 0);
  let at = 0;
  const shares = inputs.map((input) => {
    const width = input.kind === 'one_hot' ? input.levels.length : 1;
    const own = columns.slice(at, (at += width)).reduce((sum, share) => sum + share, 0);
    return [input.name, total === 0 ? 0 : own / total] as const;
  });
  return Object.fromEntries(shares);
}

function metadataOf(
  { features, times }: TrainingRows,
  { pipeline, trainer, monotone, metadata }: TrainingPlan,
  training: Uint32Array,
  metrics: TrainingOutcome['metrics'],
  calibration: TrainingOutcome['calibration'],
): Readonly<Record<string, string>> {
  const isoAt = (row: number): string => new Date(times![row]!).toISOString();
  return {
    [MODEL_METADATA.pipeline]: pipeline,
    [MODEL_METADATA.features]: JSON.stringify(features.map(({ name }) => name)),
    [MODEL_METADATA.trainer]: trainer,
    [MODEL_METADATA.trainingRows]: String(training.length),
    [MODEL_METADATA.metrics]: JSON.stringify(metrics),
    ...(Object.keys(monotone).length > 0 && { [MODEL_METADATA.monotone]: JSON.stringify(monotone) }),
    ...(times && { [MODEL_METADATA.trainingWindow]: `${isoAt(training[0]!)}/${isoAt(training.at(-1)!)}` }),
    ...(calibration && { [MODEL_METADATA.calibration]: JSON.stringify(calibration) }),
    ...metadata,
  };
}
