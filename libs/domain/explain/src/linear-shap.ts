import type { LinearModel } from '#domain/trained-model';
import type { ColumnContributions } from './tree-shap.js';

/**
 * Contributions of the columns of one row to the raw output `output` of a linear model: Shapley values of the game in which a column
 * that is not known has its mean over the training rows, whatever the others are (interventional; Štrumbelj and Kononenko 2014,
 * shap.LinearExplainer). A missing column says what the value says that stands for it.
 */
export function linearShap(model: LinearModel, row: ArrayLike<number>, output: number): ColumnContributions {
  const weights = model.weights[output]!;
  const contributions = Float64Array.from(weights, (weight, column) => {
    const x = Number.isNaN(row[column]!) ? model.imputed[column]! : row[column]!;
    return (weight * (x - model.means[column]!)) / model.scales[column]!;
  });
  return { base: model.intercepts[output]!, contributions };
}
