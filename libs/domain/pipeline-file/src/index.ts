export { canonicalJson } from './canonical-json.js';
export type { DefinitionChange } from './definition-change.js';
export { diffDefinitions } from './diff-definitions.js';
export { parseDurationMs } from './duration.js';
export {
  eventSchemaPathOf,
  labelSchemaPathOf,
  parsePipelineFile,
  type ParsedPipelineFile,
} from './parse-pipeline-file.js';
export { pipelineJsonSchema } from './pipeline-file.schema.js';
export type { PipelineFileError } from './yaml-source.js';
