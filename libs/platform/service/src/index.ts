export { HealthRegistry, type HealthCheck, type HealthReport } from './health/health-registry.js';
export { keyHolderOf } from './http/api-key-gate.js';
export type { OpenApiPatch } from './http/open-api.js';
export {
  Problem,
  PROBLEM_MEDIA_TYPE,
  problemDetails,
  type ProblemDetails,
  type ProblemError,
  type ProblemOptions,
} from './http/problem.js';
export { jsonAnswer } from './http/json-answer.js';
export { addJsonParser } from './http/json-parser.js';
export { bodyTooLargeProblem, jsonSyntaxProblem, problemOf } from './http/problem-of.js';
export { roomOf, type RequestRoom } from './http/request-admission.js';
export { spanOf } from './http/request-span.js';
export { StartUp, type StartUpStep } from './lifecycle/start-up.js';
export { runService, type ProcessDefinition } from './run-service.js';
export { kafkaConnectionOf, ServiceModule, type ServiceModuleOptions } from './service.module.js';
export { startService, type RunningService, type ServiceDefinition, type ServiceRuntime } from './start-service.js';
export {
  FATAL,
  KAFKA,
  LOG,
  MODEL_CATALOG,
  PIPELINE_CATALOG,
  SERVICE_CONFIG,
  SERVICE_NAME,
  TELEMETRY,
} from './tokens.js';
