export { loadConfig } from './load-config.js';
export {
  apiKeys,
  brokerList,
  byteSize,
  duration,
  flag,
  httpUrl,
  integer,
  pipelineFilter,
  ratio,
  storeUri,
  type ApiKey,
  type PipelineFilter,
} from './pieces.js';
export {
  formatConfigProblems,
  readConfig,
  type ConfigProblem,
  type ConfigResult,
  type Environment,
} from './read-config.js';
export {
  artifactsUriField,
  checkServiceConfig,
  clickhouseUrlField,
  LOG_LEVELS,
  serviceConfigShape,
  type LogLevel,
  type ServiceConfig,
} from './service-config.js';
export { telemetrySettings, type TelemetrySettings } from './telemetry-settings.js';
export { variable, type Variable, type VariableOptions } from './variable.js';
export { eddylineVersion } from './version.js';
