import type { EncodedRows } from './encode-inputs.js';
import type { LinearModel, TrainedModel, Tree, TreeEnsemble } from './trained-model.js';

/** What the model computes before link and calibration: `rows × outputs` numbers, row by row. */
export function rawOutputs(
  { model, outputs }: Pick<TrainedModel, 'model' | 'outputs'>,
  encoded: EncodedRows,
): Float64Array {
  return model.kind === 'trees' ? ofTrees(model, outputs, encoded) : ofLinear(model, outputs, encoded);
}

function ofTrees({ base, trees }: TreeEnsemble, outputs: number, { rows, columns }: EncodedRows): Float64Array {
  const raw = new Float64Array(rows * outputs);
  for (const tree of trees) addTree(tree, columns, rows, outputs, raw);
  // Last, as the ONNX file does: sums of leaves alone can be exact in float32, sums with the base are not.
  for (let at = 0; at < raw.length; at++) raw[at] = raw[at]! + base[at % outputs]!;
  return raw;
}

function addTree(tree: Tree, columns: readonly Float32Array[], rows: number, outputs: number, raw: Float64Array): void {
  const { feature, threshold, missingLeft, left, right, value, output } = tree;
  for (let row = 0; row < rows; row++) {
    let node = 0;
    for (let split = feature[node]!; split !== -1; split = feature[node]!) {
      const x = columns[split]![row]!;
      const goesLeft = x <= threshold[node]! || (x !== x && missingLeft[node] === 1);
      node = goesLeft ? left[node]! : right[node]!;
    }
    const at = row * outputs + output;
    raw[at] = raw[at]! + value[node]!;
  }
}

function ofLinear(
  { means, scales, imputed, weights, intercepts }: LinearModel,
  outputs: number,
  { rows, columns }: EncodedRows,
): Float64Array {
  const raw = new Float64Array(rows * outputs);
  for (let k = 0; k < outputs; k++) {
    for (const [column, values] of columns.entries()) {
      const weight = weights[k]![column]!;
      const mean = means[column]!;
      const scale = scales[column]!;
      const ifMissing = Math.fround(imputed[column]!);
      for (let row = 0; row < rows; row++) {
        const x = values[row]!;
        const at = row * outputs + k;
        raw[at] = raw[at]! + (((x !== x ? ifMissing : x) - mean) / scale) * weight;
      }
    }
    for (let at = k; at < raw.length; at += outputs) raw[at] = raw[at]! + intercepts[k]!;
  }
  return raw;
}
