export { calibrated, fitCalibration, type Calibration } from './calibration.js';
export {
  completeParameters,
  hyperparametersOf,
  problemOfParameter,
  type Hyperparameter,
  type Parameters,
} from './hyperparameters.js';
export { fitLinear } from './linear/linear-fit.js';
export { metricsOf, rocAuc, type LabelledScores } from './metrics-of.js';
export { sampleRows, type RowSample } from './sample-rows.js';
export { trainModel } from './train-model.js';
export { problemOfDirection, problemOfMonotone } from './monotone.js';
export { classesOf, TRAINED_BY_DEFAULT, trainingPlanOf } from './training-plan-of.js';
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
export { problemOfTreeData, trainTrees, type TrainedTrees, type TreeData, type TreeOptions } from './trees/index.js';
