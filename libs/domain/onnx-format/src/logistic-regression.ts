import { encodeModel } from './encode-model.js';
import type { OnnxNode, OnnxTensor } from './onnx-graph.js';

/** p = 1 / (1 + exp(−(intercept + Σ weight · (x − mean) / scale))), a missing x replaced by its `imputed` value first. */
export interface LogisticRegressionParameters {
  readonly means: ArrayLike<number>;
  /** Non-zero. */
  readonly scales: ArrayLike<number>;
  /** Per standardised feature. */
  readonly weights: ArrayLike<number>;
  readonly intercept: number;
  /** Put in place of NaN; rounded to float32. */
  readonly imputed: ArrayLike<number>;
}

/**
 * Input `features` float32 `[rows, features]`; outputs `probabilities` float32 `[rows, 2]` (negative, positive class) and
 * `label` int64 `[rows]` (1 when the positive class has more than one half). Inside it computes in float64, so that only
 * the rounding of inputs and outputs parts it from the trainer.
 */
export function logisticRegressionToOnnx(
  parameters: LogisticRegressionParameters,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const columns = parameters.weights.length;
  for (const [name, values] of Object.entries(parameters)) {
    if (typeof values !== 'number' && values.length !== columns) {
      throw new RangeError(`${name} has ${values.length} entries, weights has ${columns}`);
    }
  }
  const nodes: OnnxNode[] = [
    {
      op: 'Imputer',
      domain: 'ai.onnx.ml',
      inputs: ['features'],
      outputs: ['present'],
      attributes: {
        imputed_value_floats: { kind: 'floats', values: parameters.imputed },
        replaced_value_float: { kind: 'float', value: NaN },
      },
    },
    { op: 'Cast', inputs: ['present'], outputs: ['present_64'], attributes: { to: { kind: 'int', value: 11 } } },
    { op: 'Sub', inputs: ['present_64', 'means'], outputs: ['centered'] },
    { op: 'Div', inputs: ['centered', 'scales'], outputs: ['standardized'] },
    { op: 'MatMul', inputs: ['standardized', 'weights'], outputs: ['weighted'] },
    { op: 'Add', inputs: ['weighted', 'intercept'], outputs: ['log_odds'] },
    { op: 'Sigmoid', inputs: ['log_odds'], outputs: ['positive'] },
    { op: 'Sub', inputs: ['one', 'positive'], outputs: ['negative'] },
    {
      op: 'Concat',
      inputs: ['negative', 'positive'],
      outputs: ['probabilities_64'],
      attributes: { axis: { kind: 'int', value: 1 } },
    },
    {
      op: 'Cast',
      inputs: ['probabilities_64'],
      outputs: ['probabilities'],
      attributes: { to: { kind: 'int', value: 1 } },
    },
    { op: 'Greater', inputs: ['positive', 'half'], outputs: ['is_positive'] },
    { op: 'Squeeze', inputs: ['is_positive', 'column_axis'], outputs: ['is_positive_flat'] },
    { op: 'Cast', inputs: ['is_positive_flat'], outputs: ['label'], attributes: { to: { kind: 'int', value: 7 } } },
  ];
  const double = (name: string, dims: readonly number[], values: ArrayLike<number>): OnnxTensor => {
    return { name, type: 'double', dims, values };
  };
  return encodeModel({
    metadata,
    graph: {
      name: 'logistic_regression',
      nodes,
      initializers: [
        double('means', [columns], parameters.means),
        double('scales', [columns], parameters.scales),
        double('weights', [columns, 1], parameters.weights),
        double('intercept', [1], [parameters.intercept]),
        double('one', [1], [1]),
        double('half', [1], [0.5]),
        { name: 'column_axis', type: 'int64', dims: [1], values: [1] },
      ],
      inputs: [{ name: 'features', type: 'float', shape: ['rows', columns] }],
      outputs: [
        { name: 'label', type: 'int64', shape: ['rows'] },
        { name: 'probabilities', type: 'float', shape: ['rows', 2] },
      ],
    },
  });
}
