export type { InputEncoding, LinearModel, TrainedModel, Tree, TreeEnsemble } from './trained-model.js';
