import type { AvroRecordSchema, PipelineDefinition } from '#contracts';
import { describeIssue } from './describe-issue.js';
import { durationMs } from './duration.js';
import { PIPELINE_FILE, type PipelineFile } from './pipeline-file.schema.js';
import { allParts, readableParts, type ReadableParts } from './readable-parts.js';
import { readAvroSchema } from './read-avro-schema.js';
import { Resolution } from './resolution.js';
import { resolveEvent } from './resolve-event.js';
import { resolveExpectations } from './resolve-expectations.js';
import { resolveFeatures } from './resolve-features.js';
import { resolveLabel } from './resolve-label.js';
import { resolveLoop } from './resolve-loop.js';
import { resolveMonitoring } from './resolve-monitoring.js';
import { resolveTrainer } from './resolve-trainer.js';
import { YamlSource, type PipelineFileError } from './yaml-source.js';

export type ParsedPipelineFile =
  | { readonly ok: true; readonly definition: PipelineDefinition }
  | { readonly ok: false; readonly errors: readonly PipelineFileError[] };

/**
 * Reads a pipeline file and holds it against the Avro schemas of its events and labels.
 *
 * @param text the YAML
 * @param eventSchemaText the content of the file that `event.schema` names (see eventSchemaPathOf)
 * @param labelSchemaText the content of the file that `label.schema` names (see labelSchemaPathOf); for a file with labels
 * @returns the resolved definition, or every error at once, in the order of the file
 */
export function parsePipelineFile(text: string, eventSchemaText: string, labelSchemaText = ''): ParsedPipelineFile {
  const { source, errors } = YamlSource.parse(text);
  if (errors.length > 0) return { ok: false, errors };
  const value = toValue(source);
  if (!value.ok) return { ok: false, errors: [value.error] };
  const shape = PIPELINE_FILE.safeParse(value.value, { reportInput: true });
  const misshapen = shape.success ? [] : shape.error.issues.flatMap((issue) => describeIssue(issue, source));
  const parts = shape.success ? allParts(shape.data) : readableParts(value.value);
  const schema = readAvroSchema(eventSchemaText, 'event schema');
  const labelSchema = parts.sections.has('label') ? readAvroSchema(labelSchemaText, 'label schema') : undefined;
  const broken = [
    ...(schema.ok ? [] : schema.problems.map((problem) => source.error(['event', 'schema'], problem))),
    ...(labelSchema?.ok === false
      ? labelSchema.problems.map((problem) => source.error(['label', 'schema'], problem))
      : []),
  ];
  if (!schema.ok) return { ok: false, errors: inFileOrder([...misshapen, ...broken]) };
  const resolution = new Resolution(source, schema.schema, parts.event?.time);
  const definition = resolve(parts, resolution, labelSchema?.ok ? labelSchema.schema : undefined);
  const all = [...misshapen, ...broken, ...resolution.errors];
  return definition === undefined || all.length > 0
    ? { ok: false, errors: inFileOrder(all) }
    : { ok: true, definition };
}

/** The path in `event.schema`, as written, so that the caller can read that file; undefined when the file has none. */
export function eventSchemaPathOf(text: string): string | undefined {
  return schemaPathOf(text, 'event');
}

/** The path in `label.schema`, likewise. */
export function labelSchemaPathOf(text: string): string | undefined {
  return schemaPathOf(text, 'label');
}

function schemaPathOf(text: string, section: 'event' | 'label'): string | undefined {
  const { source, errors } = YamlSource.parse(text);
  const value = errors.length > 0 ? undefined : toValue(source);
  if (!value?.ok) return undefined;
  const path = (value.value as { readonly [section]?: { readonly schema?: unknown } } | null)?.[section]?.schema;
  return typeof path === 'string' && path !== '' ? path : undefined;
}

type Value = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: PipelineFileError };

function toValue(source: YamlSource): Value {
  try {
    return { ok: true, value: source.toValue() };
  } catch (error) {
    return { ok: false, error: source.error([], `the file's aliases can't be resolved: ${(error as Error).message}`) };
  }
}

/** Resolves what is there, for its errors; a definition comes of it only when all is there. */
function resolve(
  file: ReadableParts,
  resolution: Resolution,
  labelSchema: AvroRecordSchema | undefined,
): PipelineDefinition | undefined {
  const event = file.event && resolveEvent(file.event, resolution);
  const expectations = resolveExpectations(file.expect, resolution);
  const features = resolveFeatures(file.features, resolution);
  const model = file.model && resolveModel(file.model, features, resolution);
  const label =
    file.label &&
    labelSchema &&
    resolveLabel(file.label, labelSchema, { event: file.event, model: file.model }, resolution);
  const parts = {
    features,
    task: file.model?.task,
    hasLabel: file.sections.has('label'),
    hasExplain: file.sections.has('explain'),
    event,
  };
  const monitoring = file.monitor && resolveMonitoring(file.monitor, parts, resolution);
  const loop = resolveLoop(file, parts, { label, trainer: model?.trainer }, resolution);
  if (file.name === undefined || event === undefined || model === undefined || file.topics === undefined)
    return undefined;
  return {
    name: file.name,
    ...(file.description === undefined ? {} : { description: file.description }),
    event,
    expectations,
    dedupeWindowMs: file.dedupe === undefined ? null : durationMs(file.dedupe.window),
    features,
    model,
    ...(label === undefined ? {} : { label }),
    ...(monitoring === undefined ? {} : { monitoring }),
    ...loop,
    topics: {
      partitions: file.topics.partitions,
      replicationFactor: file.topics.replicationFactor,
      retentionMs: durationMs(file.topics.retention),
      maxMessageBytes: file.topics.maxMessageBytes,
    },
  };
}

function resolveModel(
  model: PipelineFile['model'],
  features: PipelineDefinition['features'],
  resolution: Resolution,
): PipelineDefinition['model'] {
  const { task, threshold } = model;
  if (threshold !== undefined && task !== 'binary-classification') {
    resolution.fail(['model', 'threshold'], `has no effect with \`task: ${task}\`; leave it out`, { at: 'key' });
  }
  const trainer = resolveTrainer(model, features, resolution);
  return { task, threshold: threshold ?? 0.5, ...(trainer === undefined ? {} : { trainer }) };
}

function inFileOrder(errors: readonly PipelineFileError[]): readonly PipelineFileError[] {
  return errors.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
