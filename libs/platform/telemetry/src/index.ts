export { createLog, type Log, type LogOptions } from './log.js';
export { DEFAULT_SAMPLING_RATIO, startTelemetry, type Telemetry, type TelemetryOptions } from './start-telemetry.js';
