import { featureColumns, type FeatureRow, type FeatureType } from '#domain/trained-model';
import type { TrainingRows } from './training-plan.js';

/**
 * Labelled rows of served features, row by row, as `trainModel` takes them.
 * @throws RangeError or TypeError where a row does not have the features
 */
export function trainingRowsOf(
  features: readonly FeatureType[],
  rows: readonly FeatureRow[],
  labels: ArrayLike<number>,
  {
    times = null,
    weights = null,
  }: { readonly times?: ArrayLike<number> | null; readonly weights?: ArrayLike<number> | null } = {},
): TrainingRows {
  return { features, columns: featureColumns(features, rows), labels, times, weights };
}
