import type { ModelTask } from '#contracts';
import { seededUniforms } from '#domain/statistics';
import type { FeatureColumn, FeatureType, InputEncoding } from '#domain/trained-model';

/** How strings become numbers: a column per level for weights, one column in a telling order for trees. */
export type EncodingKind = 'one_hot' | 'ordinal';

export interface EncodingOptions {
  readonly kind: EncodingKind;
  /** Levels beyond this, the rarest, are taken as unknown. */
  readonly maxLevels: number;
}

/** Rows of a level fewer than this tell nothing of it: it is taken as unknown. */
const LEAST_ROWS = 5;
/** Rows that the mean of all counts for in the mean of a level (Micci-Barreca 2001). */
const PRIOR_ROWS = 20;

/**
 * Fits how features become columns, on these rows alone. `one_hot`: levels by frequency, the rarest dropped. `ordinal`: a
 * level is the mean of its labels, drawn to the mean of all by how few rows it has; of multiclass its share of the rows.
 * Values are float32. The empty string is a missing value.
 *
 * @param columns feature by feature, the training rows only
 */
export function fitEncodings(
  features: readonly FeatureType[],
  columns: readonly FeatureColumn[],
  labels: Float64Array,
  task: ModelTask,
  options: EncodingOptions,
): InputEncoding[] {
  return features.map(({ name }, at) => {
    const values = columns[at]!;
    if (values instanceof Float32Array) return { kind: 'number', name };
    const counted = countLevels(values, labels).slice(0, options.maxLevels);
    const levels = counted.map(({ level }) => level);
    if (options.kind === 'one_hot') return { kind: 'one_hot', name, levels };
    const mean = meanOf(labels);
    const valueOf = ({ rows, sum }: LevelCount): number =>
      task === 'multiclass-classification' ? rows / labels.length : drawnTo(mean, sum, rows);
    return { kind: 'ordinal', name, levels, values: counted.map((level) => Math.fround(valueOf(level))) };
  });
}

/** Parts of the rows of which each is given the means of the others; drawn by chance, for labels may go by the week or the row. */
const PARTS = 5;
const SEED = 5;

/**
 * An ordinal column of the rows that its means were fitted on. With its own label in the mean, a row of a rare level would
 * know it, and trees would trust the level more than they may: each row has the mean of its level in the other four fifths of the
 * rows (as scikit-learn's TargetEncoder).
 */
export function crossFitted(
  { levels }: Extract<InputEncoding, { kind: 'ordinal' }>,
  values: readonly (string | null)[],
  labels: Float64Array,
): Float32Array {
  const placeOf = new Map(levels.map((level, place) => [level, place]));
  const places = values.map((level) => (level === null ? undefined : placeOf.get(level)));
  const uniform = seededUniforms(SEED);
  const parts = Uint8Array.from(values, () => Math.floor(uniform() * PARTS));
  const rows = new Float64Array(levels.length * (PARTS + 1));
  const sums = new Float64Array(levels.length * (PARTS + 1));
  // Of each level: its parts, and behind them all of it.
  for (const [row, place] of places.entries()) {
    if (place === undefined) continue;
    for (const at of [place * (PARTS + 1) + parts[row]!, place * (PARTS + 1) + PARTS]) {
      rows[at] = rows[at]! + 1;
      sums[at] = sums[at]! + labels[row]!;
    }
  }
  const mean = meanOf(labels);
  return Float32Array.from(places, (place, row) => {
    if (place === undefined) return NaN;
    const own = place * (PARTS + 1) + parts[row]!;
    const all = place * (PARTS + 1) + PARTS;
    return drawnTo(mean, sums[all]! - sums[own]!, rows[all]! - rows[own]!);
  });
}

/** Mean of a few rows, drawn to the mean of all. */
function drawnTo(mean: number, sum: number, rows: number): number {
  return (sum + PRIOR_ROWS * mean) / (rows + PRIOR_ROWS);
}

function meanOf(labels: Float64Array): number {
  return labels.reduce((sum, label) => sum + label, 0) / Math.max(1, labels.length);
}

interface LevelCount {
  readonly level: string;
  readonly rows: number;
  /** Of the labels. */
  readonly sum: number;
}

/** Most frequent first, equally frequent ones by name. */
function countLevels(values: readonly (string | null)[], labels: Float64Array): readonly LevelCount[] {
  const counts = new Map<string, { rows: number; sum: number }>();
  for (const [row, level] of values.entries()) {
    if (level === null || level === '') continue;
    const count = counts.get(level) ?? { rows: 0, sum: 0 };
    count.rows++;
    count.sum += labels[row]!;
    counts.set(level, count);
  }
  return [...counts]
    .map(([level, { rows, sum }]) => ({ level, rows, sum }))
    .filter(({ rows }) => rows >= LEAST_ROWS)
    .sort((a, b) => b.rows - a.rows || (a.level < b.level ? -1 : 1));
}
