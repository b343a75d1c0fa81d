import type { z } from 'zod';
import { didYouMean } from '#domain/spelling';
import { PIPELINE_FILE } from './pipeline-file.schema.js';
import type { Path, PipelineFileError, YamlSource } from './yaml-source.js';

/** Of one mapping: whoever has more has another mistake than so many typing errors. */
const MOST_UNKNOWN_KEYS = 20;
const LONGEST_INPUT = 80;

/** The errors for one thing that the shape refused; a union gives those of the branch that was meant. */
export function describeIssue(issue: z.core.$ZodIssue, source: YamlSource, parent: Path = []): PipelineFileError[] {
  const path = [...parent, ...(issue.path as Path)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, MOST_UNKNOWN_KEYS).map((key) => {
        const known = keysAt(path);
        const cure = didYouMean(key, known) || `; the keys here are ${known.join(', ')}`;
        return source.error([...path, key], `unknown key "${key}"${cure}`, { at: 'key' });
      });
    case 'invalid_union': {
      const meant = issue.errors.find((branch) => branch.every((inner) => !isWrongType(inner)));
      if (meant) return meant.flatMap((inner) => describeIssue(inner, source, path));
      return [source.error(path, `expected ${describeUnion(path)}, found ${kindOf(issue.input)}`)];
    }
    case 'invalid_type':
      if (issue.input === undefined) {
        return [
          source.error(path, `"${String(path.at(-1) ?? 'the file')}" is missing; add it${expectation(issue.expected)}`),
        ];
      }
      return [source.error(path, `expected ${nameOfType(issue.expected)}, found ${kindOf(issue.input)}`)];
    case 'invalid_value':
      if (issue.input === undefined) {
        return [
          source.error(
            path,
            `"${String(path.at(-1))}" is missing; add it: one of ${issue.values.map(String).join(', ')}`,
          ),
        ];
      }
      return [source.error(path, oneOf(issue.input, issue.values.map(String)))];
    case 'too_small':
      return [source.error(path, `${smallness(issue)}`)];
    case 'too_big':
      return [source.error(path, `must be at most ${String(issue.maximum)}${found(issue.input)}`)];
    default:
      return [source.error(path, `${issue.message}${found(issue.input)}`)];
  }
}

function oneOf(input: unknown, values: readonly string[]): string {
  const list = values.length === 1 ? `expected ${values[0]}` : `expected one of ${values.join(', ')}`;
  const cure = typeof input === 'string' ? didYouMean(input, values) : '';
  return `${list}${found(input)}${cure}`;
}

function smallness(issue: z.core.$ZodIssueTooSmall): string {
  if (issue.origin === 'string') return 'must not be empty';
  if (issue.origin === 'array') return 'must have at least one entry';
  return `must be ${issue.inclusive ? 'at least' : 'more than'} ${String(issue.minimum)}${found(issue.input)}`;
}

function found(input: unknown): string {
  return input === undefined ? '' : `, found ${shown(input)}`;
}

function expectation(type: string): string {
  return type === 'object' || type === 'array' ? ` as ${nameOfType(type)}` : '';
}

function isWrongType(issue: z.core.$ZodIssue): boolean {
  if (issue.path.length > 0) return false;
  // One of some words was expected, and something that is no word found.
  const isNoWord = issue.code === 'invalid_value' && typeof issue.input !== 'string';
  return issue.code === 'invalid_type' || isNoWord;
}

function describeUnion(path: Path): string {
  const written = UNIONS[`${path[0]}.${path[1]}`];
  if (written !== undefined && path.length <= 3) return written;
  if (path[0] !== 'monitor' && SHARES.has(path.at(-1)!)) return 'a share, such as 5% or 0.05';
  if (path[0] === 'monitor') {
    return path.length > 3
      ? 'a bound { above: … } or { below: … }, or a list of such'
      : 'a number, or bounds by metric: { metric: { above: … } }';
  }
  return path[0] === 'features' ? 'the name of a field or { name, cel }' : 'a text, a number or a truth value';
}

const UNIONS: Readonly<Record<string, string>> = {
  'model.trainer': 'gbdt, random-forest, linear, { name, parameters, monotone } or { command }',
  'retrain.on': 'drift, performance, estimate, concept, { labels: 5000 } or { schedule: "0 3 * * *" }',
  'rollout.steps': '{ shadow: 10m }, { canary: 5%, hold: 10m }, { ab: 50%, hold: 1d } or approval',
};

const SHARES: ReadonlySet<string | number> = new Set(['canary', 'ab', 'holdout', 'maxFlipRate', 'sample']);

function nameOfType(type: string): string {
  const names: Readonly<Record<string, string>> = {
    object: 'a mapping (key: value)',
    array: 'a list',
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  };
  return names[type] ?? type;
}

function kindOf(input: unknown): string {
  if (input === null) return 'nothing (null)';
  if (Array.isArray(input)) return 'a list';
  return typeof input === 'object' ? 'a mapping' : shown(input);
}

/** As it is written, where that is short; JSON has no infinities. */
function shown(input: unknown): string {
  const text =
    typeof input === 'number' || typeof input === 'bigint' ? String(input) : (JSON.stringify(input) ?? String(input));
  return text.length > LONGEST_INPUT ? `${text.slice(0, LONGEST_INPUT)}…` : text;
}

/** Keys that the shape knows at a path. */
function keysAt(path: Path): readonly string[] {
  let schemas: readonly z.core.$ZodType[] = branchesOf(PIPELINE_FILE);
  for (const step of path) {
    schemas = schemas.flatMap((schema) => {
      const inner = childSchema(schema, step);
      return inner === undefined ? [] : branchesOf(inner);
    });
  }
  return schemas.flatMap(({ _zod: { def } }) =>
    def.type === 'object' ? Object.keys((def as z.core.$ZodObjectDef).shape) : [],
  );
}

/** What lies below optionals and defaults, and in each branch of a union. */
function branchesOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { def } = schema._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return branchesOf((def as z.core.$ZodOptionalDef).innerType);
    case 'union':
      return (def as z.core.$ZodUnionDef).options.flatMap(branchesOf);
    default:
      return [schema];
  }
}

function childSchema(schema: z.core.$ZodType, step: string | number): z.core.$ZodType | undefined {
  const { def } = schema._zod;
  if (def.type === 'array' && typeof step === 'number') return (def as z.core.$ZodArrayDef).element;
  if (def.type === 'record') return (def as z.core.$ZodRecordDef).valueType;
  return def.type === 'object' ? (def as z.core.$ZodObjectDef).shape[step] : undefined;
}
