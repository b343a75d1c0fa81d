import type { ModelReference } from '#contracts';
import type { TrainedModel } from '#domain/trained-model';
import { fitCalibration } from './calibration.js';
import type { outOfFold } from './cross-validation.js';
import { likeliestClass } from './metrics-of.js';
import { fitPlatt, scaledModel } from './platt.js';
import { roundLeaves } from './round-leaves.js';
import type { TrainingPlan } from './training-plan.js';

type OutOfFold = ReturnType<typeof outOfFold>;

/** Fewer rows, or fewer of either kind, tell little of a probability. */
const TOO_FEW = 'too few rows out of their fold to calibrate by: scores are taken as they are';

/** The model with the calibration that is planned, fitted on rows out of their fold. */
export function calibratedModel(
  model: TrainedModel,
  method: TrainingPlan['calibration'],
  out: OutOfFold,
): { readonly model: TrainedModel; readonly isCalibrated: boolean; readonly remark: string | null } {
  if (method === 'none') return { model: rounded(model), isCalibrated: false, remark: null };
  const isotonic = fitCalibration(out.scores, out.labels);
  if (isotonic === null) return { model: rounded(model), isCalibrated: false, remark: TOO_FEW };
  if (method === 'isotonic')
    return { model: { ...rounded(model), calibration: isotonic }, isCalibrated: true, remark: null };
  const scaling = fitPlatt(out.raw, out.labels);
  if (!(scaling.slope > 0)) {
    const remark = 'scores out of fold do not rise with the labels: they are not calibrated';
    return { model: rounded(model), isCalibrated: false, remark };
  }
  return { model: rounded({ ...model, model: scaledModel(model.model, scaling) }), isCalibrated: true, remark: null };
}

function rounded(model: TrainedModel): TrainedModel {
  return model.model.kind === 'trees' ? { ...model, model: roundLeaves(model.model) } : model;
}

/**
 * What a served score stands for. Binary: being positive. Multiclass: the largest class being right. Null: nothing says how
 * sure a regression is, and a calibrated model needs no second curve.
 */
export function servedCalibration(
  { task, outputs }: TrainedModel,
  isCalibrated: boolean,
  { scores, labels }: OutOfFold,
): ModelReference['calibration'] {
  if (task === 'regression' || isCalibrated || labels.length === 0) return null;
  if (task === 'binary-classification') return fitCalibration(scores, labels);
  const decisions = Array.from(labels, (_, row) => likeliestClass(scores, row, outputs));
  return fitCalibration(
    decisions.map((decision, row) => scores[row * outputs + decision]!),
    decisions.map((decision, row) => (decision === labels[row] ? 1 : 0)),
  );
}
