import type { Expectation, PipelineDefinition } from '#contracts';
import { quantileOf } from '#domain/statistics';
import type { FeatureRow } from '../scorer.js';

/** What values a feature may take. */
export type FeatureRange =
  | {
      readonly kind: 'number';
      readonly name: string;
      /** As expectations declare them: an event beyond is quarantined or mended. Null: none. */
      readonly low: number | null;
      readonly high: number | null;
      /** Where 99 % of the rows' values lie; NaN without values. */
      readonly usualLow: number;
      readonly usualHigh: number;
      /** Only whole numbers occur. */
      readonly isWhole: boolean;
      readonly mayBeMissing: boolean;
    }
  | {
      readonly kind: 'string';
      readonly name: string;
      /** The values that expectations allow; null: any. */
      readonly values: readonly string[] | null;
      readonly mayBeMissing: boolean;
    };

const OUTSIDE = 0.005;

type RangesDefinition = Pick<PipelineDefinition, 'features' | 'expectations' | 'event'>;

/** By the pipeline's expectations (those that let nothing else through), its event schema, and what occurs in the rows. */
export function featureRanges(
  { features, expectations, event }: RangesDefinition,
  rows: readonly { readonly features: FeatureRow }[],
): readonly FeatureRange[] {
  return features.map((feature, at): FeatureRange => {
    const { name } = feature;
    const checks = feature.kind === 'field' ? enforced(expectations, feature.field) : [];
    const isNullable = feature.kind !== 'field' || mayBeNull(event, feature.field);
    const mayBeMissing = isNullable && !checks.some(({ kind }) => kind === 'notNull');
    if (feature.type === 'string') {
      const set = checks.find((check) => check.kind === 'set');
      return { kind: 'string', name, values: set?.kind === 'set' ? set.values.map(String) : null, mayBeMissing };
    }
    const declared = checks.filter((check) => check.kind === 'range');
    const lows = declared.flatMap((check) => (check.kind === 'range' && check.min !== undefined ? [check.min] : []));
    const highs = declared.flatMap((check) => (check.kind === 'range' && check.max !== undefined ? [check.max] : []));
    const values = rows
      .map((row) => row.features[at])
      .filter((value): value is number => typeof value === 'number' && Number.isFinite(value))
      .sort((a, b) => a - b);
    return {
      kind: 'number',
      name,
      low: lows.length === 0 ? null : Math.max(...lows),
      high: highs.length === 0 ? null : Math.min(...highs),
      usualLow: values.length === 0 ? NaN : quantileOf(values, OUTSIDE),
      usualHigh: values.length === 0 ? NaN : quantileOf(values, 1 - OUTSIDE),
      isWhole: values.length > 0 && values.every(Number.isInteger),
      mayBeMissing,
    };
  });
}

/** Checks after which a field's value is as they say. */
function enforced(expectations: readonly Expectation[], field: string): readonly Expectation[] {
  return expectations.filter((one) => 'field' in one && one.field === field && one.on !== 'flag');
}

function mayBeNull({ schema }: PipelineDefinition['event'], field: string): boolean {
  const type = schema.fields.find(({ name }) => name === field)?.type;
  return (
    type === undefined || type === 'null' || (Array.isArray(type) && (type as readonly unknown[]).includes('null'))
  );
}
