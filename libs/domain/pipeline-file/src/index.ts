export { canonicalJson } from './canonical-json.js';
export { diffDefinitions, type DefinitionChange } from './diff-definitions.js';
export { parseDurationMs } from './duration.js';
export { eventSchemaPathOf, parsePipelineFile, type ParsedPipelineFile } from './parse-pipeline-file.js';
export { pipelineJsonSchema } from './pipeline-file.schema.js';
export type { PipelineFileError } from './yaml-source.js';
