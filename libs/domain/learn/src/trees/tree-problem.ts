import { completeTreeOptions, problemOfTreeOptions, type TreeOptions } from './tree-options.js';

/** Encoded columns, one value per row; NaN: missing. */
export interface TreeData {
  readonly columns: readonly Float32Array[];
  /** By the objective: 0 or 1; the class, from 0; any finite number. */
  readonly labels: Float64Array;
  /** 0 or more; left out: 1 each. A row of weight 2 counts as two rows, but for `minRowsPerLeaf`; one of weight 0 is left out. */
  readonly weights?: Float64Array;
}

/**
 * What keeps trees from being trained on this, as one sentence, or null.
 * @param names of the columns, for the sentence
 */
export function problemOfTreeData(data: TreeData, given: TreeOptions, names?: readonly string[]): string | null {
  const { columns, labels, weights } = data;
  const name = (column: number) => names?.[column] ?? `column ${column}`;
  if (columns.length === 0) return 'there are no features to train on';
  if (labels.length === 0) return 'there are no rows to train on';
  const options = completeTreeOptions(given, columns.length);
  const problem = problemOfTreeOptions(options, columns.length);
  if (problem !== null) return problem;
  for (const [c, values] of columns.entries()) {
    if (values.length !== labels.length) return `${name(c)} has ${values.length} values for ${labels.length} labels`;
    const row = values.findIndex((value) => value === Infinity || value === -Infinity);
    if (row >= 0) return `${name(c)} is infinite in row ${row}: a float32 reaches to 3.4e38`;
  }
  if (weights !== undefined) {
    if (weights.length !== labels.length) return `${weights.length} weights were given for ${labels.length} labels`;
    const row = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
    if (row >= 0) return `the weight of row ${row} is ${weights[row]}, expected 0 or more`;
    if (!weights.some((weight) => weight > 0)) return 'all weights are 0: there are no rows to train on';
  }
  return problemOfLabels(labels, weights, options.objective, options.classes);
}

function problemOfLabels(
  labels: Float64Array,
  weights: Float64Array | undefined,
  objective: TreeOptions['objective'],
  classes: number,
): string | null {
  const expected = { binary: '0 or 1', multiclass: `a class from 0 to ${classes - 1}`, regression: 'a finite number' };
  const fits = {
    binary: (label: number) => label === 0 || label === 1,
    multiclass: (label: number) => Number.isInteger(label) && label >= 0 && label < classes,
    regression: (label: number) => Number.isFinite(label),
  }[objective];
  const row = labels.findIndex((label) => !fits(label));
  if (row >= 0) return `the label of row ${row} is ${labels[row]}, expected ${expected[objective]}`;
  if (objective === 'regression') return null;
  const counted = weights === undefined ? labels : labels.filter((_, row) => weights[row]! > 0);
  if (counted.every((label) => label === counted[0]))
    return `all ${counted.length} labels are ${counted[0]}: two classes are needed to train a classifier`;
  return null;
}
