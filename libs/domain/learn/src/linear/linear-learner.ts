import { rowWeights, type Learner } from '../learner.js';
import { fitLinear } from './linear-fit.js';

/** Logistic, softmax or ridge regression on standardised numbers and a column per level. */
export const linearLearner: Learner = {
  encoding: 'one_hot',
  fit(job) {
    const { training, task, outputs, parameters } = job;
    const weights = rowWeights(training, job) ?? new Float64Array(training.rows).fill(1);
    const { model, converged, iterations } = fitLinear({ ...training, weights }, task, outputs, {
      l2: Number(parameters['l2']),
      onIteration: job.onRound,
    });
    return {
      model,
      rounds: null,
      importance: model.means.map((_, column) => model.weights.reduce((sum, row) => sum + Math.abs(row[column]!), 0)),
      remark: converged ? null : `the linear model had not converged after ${iterations} iterations: raise l2`,
    };
  },
};
