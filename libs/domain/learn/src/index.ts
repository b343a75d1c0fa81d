export { calibrated, fitCalibration, type Calibration } from './calibration.js';
export { heldOutScores, type HeldOutScores } from './held-out-scores.js';
export {
  fitLogisticRegression,
  predictLogisticRegression,
  type LogisticRegression,
  type LogisticRegressionFit,
  type LogisticRegressionOptions,
} from './logistic-regression.js';
export { accuracy, logLoss, rocAuc } from './metrics.js';
export { sampleRows, type RowSample } from './sample-rows.js';
export { trainLogisticRegression, type TrainedModel, type TrainingMetrics } from './train-logistic-regression.js';
export { problemOf, type TrainingProblem, type TrainingSet } from './training-set.js';
export type {
  Trial,
  TrainingHooks,
  TrainingOutcome,
  TrainingPlan,
  TrainingProgress,
  TrainingResult,
  TrainingRows,
} from './training-plan.js';
export { trainingRowsOf } from './training-rows.js';
