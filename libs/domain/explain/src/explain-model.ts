import {
  encodeInputs,
  rawOutputs,
  scoresOf,
  type FeatureRow,
  type InputEncoding,
  type TrainedModel,
} from '#domain/trained-model';
import { checkAdditivity, type Explanation } from './explanation.js';
import { linearShap } from './linear-shap.js';
import { compileTreeShap, type ColumnContributions } from './tree-shap.js';

/**
 * Explains the model's raw output for a row of features as served, exactly.
 *
 * @param output which of several outputs, of a multiclass model; null: the largest
 * @throws NotAdditive
 */
export type ExplainRow = (row: FeatureRow, output: number | null) => Explanation;

/** Compiles the exact explanation of a model: do it once per model. @throws RangeError where the model is damaged */
export function compileExplanation(trained: TrainedModel): ExplainRow {
  const { model, inputs } = trained;
  const widths = inputs.map(widthOf);
  const contribute =
    model.kind === 'trees'
      ? compileTreeShap(
          model,
          widths.reduce((sum, width) => sum + width, 0),
        )
      : (row: ArrayLike<number>, output: number): ColumnContributions => linearShap(model, row, output);
  const method = model.kind === 'trees' ? 'tree_shap' : 'linear_shap';
  const unit = unitOf(trained);

  return function explainRow(row, wanted) {
    const encoded = encodeInputs(trained, [row]);
    const raw = rawOutputs(trained, encoded);
    const output = wanted !== null && wanted in raw ? wanted : placeOfLargest(raw);
    const columns = Float64Array.from(encoded.columns, (column) => column[0]!);
    const { base, contributions } = contribute(columns, output);
    const explanation: Explanation = {
      method,
      unit,
      base,
      output: raw[output]!,
      score: Math.max(...scoresOf(trained, raw)),
      contributions: byFeature(widths, contributions),
    };
    checkAdditivity(explanation);
    return explanation;
  };
}

/** What the raw output of a model is: scores are made of it by the link, and by a calibration that does not change their order. */
function unitOf({ task, model: { link } }: TrainedModel): Explanation['unit'] {
  if (link === 'logistic') return 'log_odds';
  if (link === 'softmax') return 'class_margin';
  return task === 'regression' ? 'value' : 'probability';
}

function widthOf(input: InputEncoding): number {
  return input.kind === 'one_hot' ? input.levels.length : 1;
}

/** A feature says what its columns say together. */
function byFeature(widths: readonly number[], columns: Float64Array): readonly number[] {
  let from = 0;
  return widths.map((width) => {
    let sum = 0;
    for (let column = from; column < from + width; column++) sum += columns[column]!;
    from += width;
    return sum;
  });
}

function placeOfLargest(values: Float64Array): number {
  let place = 0;
  for (const [at, value] of values.entries()) if (value > values[place]!) place = at;
  return place;
}
