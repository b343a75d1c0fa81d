import type { ModelTask } from '#contracts';
import { seededUniforms } from '#domain/statistics';
import type { FeatureRow } from '../scorer.js';
import type { FeatureRange } from './feature-ranges.js';

const LARGEST_FLOAT32 = 3.4028234663852886e38;
/** How far beyond the usual values a regression is asked where no range is declared: its value may rightly grow with them. */
const WIDENED = 10;
/** Rows in which one feature after the other is made extreme or missing. */
const BASES = 5;
const LONG = 'x'.repeat(1_000);
/** A hundredth of a feature's range. */
const NUDGE = 0.01;
const SEED = 11;

export interface StressRow {
  readonly features: FeatureRow;
  /** What was done, for a person. */
  readonly what: string;
}

/** Each feature at either end of what is declared (undeclared: at the end of float32), alone and all together. */
export function extremeRows(
  task: ModelTask,
  ranges: readonly FeatureRange[],
  rows: readonly { readonly features: FeatureRow }[],
): readonly StressRow[] {
  const ends = ranges.map((range) => extremesOf(range, task));
  const single = basesOf(rows).flatMap((base) =>
    ranges.flatMap((range, at) =>
      ends[at]!.map((value) => ({ features: base.with(at, value), what: `${range.name} = ${short(value)}` })),
    ),
  );
  const together = [0, 1].map((end) => ({
    features: ends.map((values) => values[Math.min(end, values.length - 1)] ?? null),
    what: `all features at their ${end === 0 ? 'lowest' : 'highest'}`,
  }));
  return [...single, ...together];
}

/** Each feature that may be missing, alone and all together. */
export function missingRows(
  ranges: readonly FeatureRange[],
  rows: readonly { readonly features: FeatureRow }[],
): readonly StressRow[] {
  const may = ranges.flatMap((range, at) => (range.mayBeMissing ? [at] : []));
  if (may.length === 0) return [];
  return basesOf(rows).flatMap((base) => [
    ...may.map((at) => ({ features: base.with(at, null), what: `${ranges[at]!.name} missing` })),
    {
      features: base.map((value, at) => (ranges[at]!.mayBeMissing ? null : value)),
      what: may.length === ranges.length ? 'all features missing' : 'all features missing that may be',
    },
  ]);
}

/** Every number moved by up to a hundredth of its range, at random but the same each time; `times` rows for each row. */
export function perturbedRows(
  ranges: readonly FeatureRange[],
  rows: readonly FeatureRow[],
  times: number,
): readonly FeatureRow[] {
  const uniform = seededUniforms(SEED);
  return rows.flatMap((row) =>
    Array.from({ length: times }, () =>
      row.map((value, at) => {
        const range = ranges[at]!;
        if (typeof value !== 'number' || range.kind !== 'number') return value;
        return within(range, value + (2 * uniform() - 1) * nudgeOf(range));
      }),
    ),
  );
}

/** The greatest step that a perturbation makes; 0 for a feature that does not vary. */
export function nudgeOf(range: FeatureRange): number {
  return range.kind === 'number' && range.usualHigh > range.usualLow ? NUDGE * (range.usualHigh - range.usualLow) : 0;
}

/** As close as the declared range and whole numbers allow. */
export function within(range: FeatureRange & { readonly kind: 'number' }, value: number): number {
  const whole = range.isWhole ? Math.round(value) : value;
  return Math.min(Math.max(whole, range.low ?? -Infinity), range.high ?? Infinity);
}

/** Rows at equal distances: of all times. */
export function spread<T>(rows: readonly T[], most: number): readonly T[] {
  if (rows.length <= most) return rows;
  return Array.from({ length: most }, (_, at) => rows[Math.floor(((at + 0.5) * rows.length) / most)]!);
}

function basesOf(rows: readonly { readonly features: FeatureRow }[]): readonly FeatureRow[] {
  return spread(rows, BASES).map(({ features }) => features);
}

function extremesOf(range: FeatureRange, task: ModelTask): readonly (number | string)[] {
  if (range.kind === 'string') return range.values ?? ['', 'a value that was never seen', LONG];
  const width = range.usualHigh - range.usualLow;
  const isKnown = Number.isFinite(width);
  const furthest = (usual: number, sign: number): number =>
    task === 'regression' && isKnown ? usual + sign * WIDENED * width : sign * LARGEST_FLOAT32;
  return [range.low ?? furthest(range.usualLow, -1), range.high ?? furthest(range.usualHigh, 1)];
}

function short(value: number | string): string {
  if (typeof value === 'number') return String(value);
  return value.length > 30 ? `a text of ${value.length} characters` : JSON.stringify(value);
}
