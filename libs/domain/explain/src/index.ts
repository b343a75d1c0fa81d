export { compileChoice, type ChoosePrediction } from './choose-predictions.js';
export { compileExplanation, type ExplainRow } from './explain-model.js';
export {
  openExplainer,
  type ExplainedPrediction,
  type ExplanationSources,
  type PredictionExplainer,
  type PredictionExplanation,
  type Scorer,
} from './explain-predictions.js';
export { checkAdditivity, NotAdditive, type Explanation } from './explanation.js';
export { mostImportant } from './most-important.js';
export { ExplainerUnreadable, readTrainedModel } from './read-trained-model.js';
export { backgroundOf, planSampling, type SampledContributions, type SamplingPlan } from './sampling-shap.js';
export { compileTreeShap, type ColumnContributions, type TreeShap } from './tree-shap.js';
export { Unexplainable } from './unexplainable.js';
