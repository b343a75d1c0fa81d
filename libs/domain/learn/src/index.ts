export {
  fitLogisticRegression,
  predictLogisticRegression,
  type LogisticRegression,
  type LogisticRegressionFit,
  type LogisticRegressionOptions,
} from './logistic-regression.js';
export { accuracy, logLoss, rocAuc } from './metrics.js';
export { trainLogisticRegression, type TrainedModel, type TrainingMetrics } from './train-logistic-regression.js';
export { problemOf, type TrainingProblem, type TrainingSet } from './training-set.js';
