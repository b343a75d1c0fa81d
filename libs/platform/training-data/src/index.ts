export { datasetColumnsOf, type DatasetDefinition } from './dataset-columns.js';
export { DatasetWriter, packDataset, type PackedDataset } from './dataset-format.js';
export type { DatasetColumns, DatasetContent, DatasetRow } from './dataset-row.js';
export {
  loggedRowsQuery,
  streamLoggedRows,
  type LoggedDefinition,
  type LoggedPredictionRow,
  type LoggedRange,
} from './logged-rows.js';
export { DatasetUnreadable, readDataset } from './read-dataset.js';
export { holdoutFrom } from './split-holdout.js';
export { takeDataset, type TakenDataset, type TakeOptions } from './take-dataset.js';
export { trainingDataQuery, type TrainingRange } from './training-data-query.js';
