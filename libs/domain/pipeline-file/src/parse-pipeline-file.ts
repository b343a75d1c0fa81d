import type { PipelineDefinition } from '#contracts';
import { describeIssue } from './describe-issue.js';
import { parseDurationMs } from './duration.js';
import { PIPELINE_FILE, type PipelineFile } from './pipeline-file.schema.js';
import { readableParts, type ReadableParts } from './readable-parts.js';
import { readEventSchema } from './read-event-schema.js';
import { Resolution } from './resolution.js';
import { resolveEvent } from './resolve-event.js';
import { resolveExpectations } from './resolve-expectations.js';
import { resolveFeatures } from './resolve-features.js';
import { YamlSource, type PipelineFileError } from './yaml-source.js';

export type ParsedPipelineFile =
  | { readonly ok: true; readonly definition: PipelineDefinition }
  | { readonly ok: false; readonly errors: readonly PipelineFileError[] };

/**
 * Reads a pipeline file and holds it against the event's Avro schema.
 *
 * @param text the YAML
 * @param eventSchemaText the content of the file that `event.schema` names (see eventSchemaPathOf)
 * @returns the resolved definition, or every error at once, in the order of the file
 */
export function parsePipelineFile(text: string, eventSchemaText: string): ParsedPipelineFile {
  const { source, errors } = YamlSource.parse(text);
  if (errors.length > 0) return { ok: false, errors };
  const value = toValue(source);
  if (!value.ok) return { ok: false, errors: [value.error] };
  const shape = PIPELINE_FILE.safeParse(value.value, { reportInput: true });
  const misshapen = shape.success ? [] : shape.error.issues.flatMap((issue) => describeIssue(issue, source));
  const schema = readEventSchema(eventSchemaText);
  if (!schema.ok) {
    const broken = schema.problems.map((problem) => source.error(['event', 'schema'], problem));
    return { ok: false, errors: inFileOrder([...misshapen, ...broken]) };
  }
  const parts = shape.success ? shape.data : readableParts(value.value);
  const resolution = new Resolution(source, schema.schema, parts.event?.time);
  const definition = resolve(parts, resolution);
  const all = [...misshapen, ...resolution.errors];
  return definition === undefined || all.length > 0
    ? { ok: false, errors: inFileOrder(all) }
    : { ok: true, definition };
}

/** The path in `event.schema`, as written, so that the caller can read that file; undefined when the file has none. */
export function eventSchemaPathOf(text: string): string | undefined {
  const { source, errors } = YamlSource.parse(text);
  const value = errors.length > 0 ? undefined : toValue(source);
  if (!value?.ok) return undefined;
  const path = (value.value as { event?: { schema?: unknown } } | null)?.event?.schema;
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
function resolve(file: ReadableParts, resolution: Resolution): PipelineDefinition | undefined {
  const event = file.event && resolveEvent(file.event, resolution);
  const expectations = resolveExpectations(file.expect, resolution);
  const features = resolveFeatures(file.features, resolution);
  const model = file.model && resolveModel(file.model, resolution);
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
    topics: {
      partitions: file.topics.partitions,
      replicationFactor: file.topics.replicationFactor,
      retentionMs: durationMs(file.topics.retention),
      maxMessageBytes: file.topics.maxMessageBytes,
    },
  };
}

function resolveModel({ task, threshold }: PipelineFile['model'], resolution: Resolution): PipelineDefinition['model'] {
  if (threshold !== undefined && task !== 'binary-classification') {
    resolution.fail(['model', 'threshold'], `has no effect with \`task: ${task}\`; leave it out`, { at: 'key' });
  }
  return { task, threshold: threshold ?? 0.5 };
}

/** The shape has checked the text. */
function durationMs(text: string): number {
  return parseDurationMs(text) ?? Number.NaN;
}

function inFileOrder(errors: readonly PipelineFileError[]): readonly PipelineFileError[] {
  return errors.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
