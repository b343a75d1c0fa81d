import { gateMetricsOf } from '#domain/gates';
import { hyperparametersOf, problemOfParameter } from './hyperparameters.js';
import { problemOfDirection, problemOfMonotone } from './monotone.js';
import type { TrainingPlan, TrainingRows } from './training-plan.js';

/** Largest number of classes: each has an output, and of boosting a tree per round. */
const MOST_CLASSES = 1000;

/** What keeps the rows from being trained on as planned, as one sentence, or null. */
export function problemOfTraining(rows: TrainingRows, plan: TrainingPlan): string | null {
  return (
    problemOfPlan(plan) ??
    problemOfShape(rows) ??
    problemOfDirections(rows, plan) ??
    problemOfLabels(rows.labels, plan) ??
    problemOfValues(rows)
  );
}

function problemOfPlan(plan: TrainingPlan): string | null {
  const { task, trainer, parameters, search, metric, holdout, folds, calibration } = plan;
  for (const [name, value] of Object.entries(parameters)) {
    const problem = problemOfParameter(trainer, name, value);
    if (problem !== null) return `${name} ${problem}`;
  }
  for (const [name, values] of Object.entries(search?.space ?? {})) {
    if (values.length === 0) return `the search has no values to choose ${name} from`;
    if (Object.hasOwn(parameters, name)) return `${name} is fixed and searched: leave one of the two out`;
    for (const value of values) {
      const problem = problemOfParameter(trainer, name, value);
      if (problem !== null) return `${name}, which is searched, ${problem}`;
    }
  }
  if (search && !(Number.isInteger(search.trials) && search.trials >= 1)) {
    return `${search.trials} trials were asked for, expected 1 or more`;
  }
  if (search && folds < 2) return 'a search compares trials by cross-validation: give 2 folds or more';
  if (search?.method === 'grid' && Object.keys(search.space).length === 0) {
    return `a grid needs values to choose from: name those of some of ${Object.keys(hyperparametersOf(trainer)).join(', ')}`;
  }
  if (metric !== null && !gateMetricsOf(task).includes(metric)) {
    return `${metric} is no metric of ${task} (it has ${gateMetricsOf(task).join(', ')})`;
  }
  if (!(holdout >= 0 && holdout < 1)) return `a share of ${holdout} is to be held out, expected 0 to less than 1`;
  if (calibration !== 'none' && task !== 'binary-classification') {
    return `scores of ${task} are not calibrated: leave calibration out`;
  }
  return calibration !== 'none' && folds < 2 ? 'calibration is fitted on folds: give 2 folds or more' : null;
}

function problemOfShape({ features, columns, labels, times, weights }: TrainingRows): string | null {
  const rows = labels.length;
  if (features.length === 0) return 'there are no features to train on';
  if (rows === 0) return 'there are no rows to train on';
  if (columns.length !== features.length) return `${columns.length} columns were given for ${features.length} features`;
  for (const [at, { name, type }] of features.entries()) {
    const column = columns[at]!;
    if (column.length !== rows) return `${name} has ${column.length} values for ${rows} rows`;
    if ((type === 'number') !== column instanceof Float32Array) return `the values of ${name} are no ${type}s`;
  }
  for (const [what, values] of Object.entries({ times, weights })) {
    if (values !== null && values.length !== rows) return `${values.length} ${what} were given for ${rows} rows`;
  }
  for (let row = 0; row < rows; row++) {
    if (times !== null && !Number.isFinite(times[row]!)) return `the time of row ${row} is ${times[row]}`;
    if (weights !== null && !(weights[row]! > 0 && weights[row]! < Infinity)) {
      return `the weight of row ${row} is ${weights[row]}, expected more than 0`;
    }
  }
  return null;
}

function problemOfDirections({ features }: TrainingRows, { trainer, task, monotone }: TrainingPlan): string | null {
  const bound = Object.keys(monotone);
  const problem = bound.length === 0 ? null : problemOfMonotone(trainer, task);
  if (problem !== null) return `a bound on which way scores go ${problem}`;
  for (const name of bound) {
    const feature = features.find((one) => one.name === name);
    if (feature === undefined) return `scores are bound to go one way with ${name}, which is no feature`;
    const why = problemOfDirection(feature);
    if (why !== null) return `scores cannot go one way with ${name}: it ${why}`;
  }
  return null;
}

function problemOfLabels(labels: ArrayLike<number>, { task, classes }: TrainingPlan): string | null {
  const most = task === 'binary-classification' ? 2 : (classes ?? MOST_CLASSES);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    const fits = task === 'regression' ? Number.isFinite(label) : Number.isInteger(label) && label >= 0 && label < most;
    if (fits) continue;
    const expected =
      task === 'regression'
        ? 'a number'
        : task === 'binary-classification'
          ? '0 or 1'
          : `a class index from 0 to ${most - 1}`;
    return `the label of row ${row} is ${label}, expected ${expected}`;
  }
  return null;
}

function problemOfValues({ features, columns }: TrainingRows): string | null {
  for (const [at, column] of columns.entries()) {
    if (!(column instanceof Float32Array)) continue;
    const row = column.findIndex((value) => value === Infinity || value === -Infinity);
    if (row >= 0) return `${features[at]!.name} is infinite, or beyond float32, in row ${row}`;
  }
  return null;
}

/** Of rows that are left to train on: what keeps a classifier from being made, or null. */
export function problemOfClasses(labels: Float64Array, { task }: TrainingPlan): string | null {
  if (task === 'regression' || labels.some((label) => label !== labels[0])) return null;
  return `all ${labels.length} labels to train on are ${labels[0]}: two classes at least are needed to train a classifier`;
}
