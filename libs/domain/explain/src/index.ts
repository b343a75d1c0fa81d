export { compileExplanation, type ExplainRow } from './explain-model.js';
export { checkAdditivity, NotAdditive, type Explanation } from './explanation.js';
export { ExplainerUnreadable, readTrainedModel } from './read-trained-model.js';
export { backgroundOf, MOST_BACKGROUND_ROWS, planSampling, type SampledContributions, type SamplingPlan } from './sampling-shap.js'; // prettier-ignore
export { compileTreeShap, type ColumnContributions, type TreeShap } from './tree-shap.js';
