export { exportVersion, type Exported, type ExportedFiles } from './export-version.js';
export { fetchVersion, type FetchedVersion } from './fetch-version.js';
export { MlflowFailure, MlflowServer, type MlflowAccess } from './mlflow-server.js';
