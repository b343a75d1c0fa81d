import { rawOutputs, scoresOf, type TrainedModel } from '#domain/trained-model';
import { encodeSplit, type EncodedSplit } from './encoded-rows.js';
import type { Parameters } from './hyperparameters.js';
import type { Fit, FitJob, Learner } from './learner.js';
import { metricsOf, type LabelledScores } from './metrics-of.js';
import { directionsOf } from './monotone.js';
import type { RowSplit } from './split-rows.js';
import type { TrainingPlan, TrainingRows } from './training-plan.js';

/** What a model of one fold said of rows that it had not seen. */
export interface FoldResult extends LabelledScores {
  readonly fit: Fit;
  readonly raw: Float64Array;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Folds of the rows, encoded once for all trials. */
export class CrossValidation {
  private readonly encoded = new Map<string, EncodedSplit>();

  constructor(
    private readonly rows: TrainingRows,
    /** Each with two classes at least to train on. */
    readonly splits: readonly RowSplit[],
    private readonly learner: Learner,
    private readonly plan: TrainingPlan,
    private readonly outputs: number,
  ) {}

  run(fold: number, parameters: Parameters, onRound: FitJob['onRound']): FoldResult {
    const { learner, outputs } = this;
    const { task, seed, threshold } = this.plan;
    const { inputs, training, validation } = this.encode(fold, Number(parameters['maxLevels']));
    const monotone = directionsOf(this.rows.features, this.plan.monotone);
    const fit = learner.fit({ training, validation, task, outputs, parameters, monotone, seed, onRound });
    const model: TrainedModel = { task, outputs, inputs, model: fit.model, calibration: null };
    const raw = rawOutputs(model, validation);
    const judged = { scores: scoresOf(model, raw), labels: validation.labels };
    return { ...judged, fit, raw, metrics: metricsOf(task, judged, threshold) };
  }

  private encode(fold: number, maxLevels: number): EncodedSplit {
    const key = `${fold}/${maxLevels}`;
    let split = this.encoded.get(key);
    if (split === undefined) {
      split = encodeSplit(this.rows, this.splits[fold]!, this.plan.task, { kind: this.learner.encoding, maxLevels });
      this.encoded.set(key, split);
    }
    return split;
  }
}

/** Rows of all folds together: `width` numbers per row of scores and of raw outputs. */
export function outOfFold(results: readonly FoldResult[]): LabelledScores & { readonly raw: Float64Array } {
  return {
    scores: joined(results.map(({ scores }) => scores)),
    labels: joined(results.map(({ labels }) => labels)),
    raw: joined(results.map(({ raw }) => raw)),
  };
}

/** Mean of each metric over the folds that define it, and its standard deviation (`…_std`). */
export function foldMetrics(results: readonly FoldResult[]): Readonly<Record<string, number>> {
  const names = Object.keys(results[0]?.metrics ?? {});
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = results.map(({ metrics }) => metrics[name]!).filter(Number.isFinite);
      if (values.length === 0) return [];
      const mean = meanOf(values);
      const spread = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
      return [
        [name, mean],
        [`${name}_std`, spread],
      ];
    }),
  );
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
