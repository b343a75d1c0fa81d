import type { ModelTask } from '#contracts';
import type { LinearModel } from '#domain/trained-model';
import { standardizationOf, standardize } from './design-matrix.js';
import { fitLogistic } from './logistic.js';
import { fitRidge } from './ridge.js';
import { fitSoftmax } from './softmax-regression.js';

export interface LinearOptions {
  /** Weight of ½‖w‖² against the summed loss, on standardised columns; intercepts are free. scikit-learn's 1/C, Ridge's alpha. */
  readonly l2: number;
  /** Newton steps at most; ten times as many of a quasi-Newton method. */
  readonly maxIterations: number;
  /** Converged when no component of the gradient per row is larger. */
  readonly tolerance: number;
  /** Before each iteration, from 0; it may throw, and ends the fit. */
  readonly onIteration: (iteration: number) => void;
}

/** Weights of standardised columns, one row per output. */
export interface LinearFit {
  readonly weights: readonly Float64Array[];
  readonly intercepts: readonly number[];
  readonly converged: boolean;
  readonly iterations: number;
}

export interface LinearRows {
  readonly rows: number;
  readonly columns: readonly Float32Array[];
  /** False: a column of zeros and ones, which is not scaled. */
  readonly isScaled: readonly boolean[];
  readonly labels: Float64Array;
  /** Greater than 0. */
  readonly weights: Float64Array;
}

/**
 * Logistic regression (binary), softmax regression (multiclass) or ridge regression. Classes that the task has must be there.
 * @param outputs number of classes of multiclass, else 1
 */
export function fitLinear(
  { rows, columns, isScaled, labels, weights }: LinearRows,
  task: ModelTask,
  outputs: number,
  options: Partial<LinearOptions> = {},
): { readonly model: LinearModel; readonly converged: boolean; readonly iterations: number } {
  const { l2 = 1, maxIterations = 100, tolerance = 1e-9, onIteration = () => {} } = options;
  if (!(l2 > 0)) throw new RangeError(`l2 must be greater than zero, not ${l2}`);
  const standardization = standardizationOf(columns, isScaled);
  const matrix = standardize(columns, rows, standardization);
  const given = { l2, maxIterations, tolerance, onIteration };
  const fit =
    task === 'regression'
      ? fitRidge(matrix, labels, weights, l2)
      : task === 'binary-classification'
        ? fitLogistic(matrix, labels, weights, given)
        : fitSoftmax(matrix, labels, weights, outputs, given);
  return {
    model: {
      kind: 'linear',
      means: [...standardization.means],
      scales: [...standardization.scales],
      imputed: [...standardization.imputed],
      weights: fit.weights.map((row) => [...row]),
      intercepts: fit.intercepts,
      link: task === 'regression' ? 'identity' : task === 'binary-classification' ? 'logistic' : 'softmax',
    },
    converged: fit.converged,
    iterations: fit.iterations,
  };
}
