import type { Feature, PipelineDefinition } from '#contracts';
import { CelFailure, compileExpression } from '#domain/cel';

/** A feature as served: what the model is given and the prediction record keeps. Null: missing. */
export type FeatureValue = number | string | null;

/** A feature that could not be computed for one event. A value, never thrown. */
export class FeatureFailure {
  /** @param message one sentence that names the feature, what was wrong, and where it can be mended */
  constructor(
    readonly feature: string,
    readonly message: string,
  ) {}
}

/** Computes an event's features, in the pipeline's order. Allocates the row and nothing else. Pure, synchronous, not reentrant. */
export type FeatureFunction = (event: Readonly<Record<string, unknown>>) => FeatureValue[] | FeatureFailure;

const NONE: ReadonlySet<string> = new Set();

type Reader = (event: Readonly<Record<string, unknown>>) => unknown;

/**
 * Compiles the features of a pipeline definition; do it once per definition. Throws an Error that lists every
 * expression that does not compile: a definition in force has been checked, so that is a bug of whoever published it.
 * @param off names of features that are not computed, but missing
 */
export function compileFeatures(
  definition: {
    readonly event: Pick<PipelineDefinition['event'], 'schema'>;
    readonly features: readonly Feature[];
  },
  off: ReadonlySet<string> = NONE,
): FeatureFunction {
  const problems: string[] = [];
  const readers = definition.features.map((feature): Reader => {
    if (off.has(feature.name)) return () => null;
    if (feature.kind === 'field') {
      const { field } = feature;
      return (event) => event[field];
    }
    const result = compileExpression(definition.event.schema, feature.expression);
    if (result.ok) return (event) => result.compiled.evaluate(event);
    problems.push(`${feature.name}: ${result.error.message} (in \`${feature.expression}\`)`);
    return () => null;
  });
  if (problems.length > 0) throw new Error(`features that do not compile:\n${problems.join('\n')}`);

  const features = definition.features;
  return function computeFeatures(event) {
    const row = new Array<FeatureValue>(features.length);
    for (let i = 0; i < readers.length; i++) {
      const feature = features[i]!;
      const value = readers[i]!(event);
      const served = feature.type === 'number' ? toNumber(value) : toText(value);
      if (served === undefined) return new FeatureFailure(feature.name, describe(feature, value));
      row[i] = served;
    }
    return row;
  };
}

/** Undefined: not a finite number. Longs that a double cannot hold are rounded, as the model's input would be anyway. */
function toNumber(value: unknown): number | null | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : undefined;
    case 'boolean':
      return value ? 1 : 0;
    case 'bigint':
      return Number(value);
    case 'undefined':
      return null;
    default:
      if (value === null) return null;
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value.getTime() : undefined;
  }
}

function toText(value: unknown): string | null | undefined {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? null : undefined;
}

function describe(feature: Feature, value: unknown): string {
  const source = feature.kind === 'field' ? `field ${feature.field}` : `\`${feature.expression}\``;
  if (value instanceof CelFailure) return `feature ${feature.name}: ${source} could not be evaluated: ${value.message}`;
  if (feature.type === 'number' && typeof value === 'number')
    return `feature ${feature.name}: ${source} gave ${value}, expected a finite number`;
  const expected = feature.type === 'number' ? 'a number' : 'a string';
  return `feature ${feature.name}: ${source} gave ${kindOf(value)}, expected ${expected}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
