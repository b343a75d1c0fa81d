import { fitLinear, trainTrees } from '#domain/learn';
import { rawOutputs, sigmoid, type LinearModel, type TreeEnsemble } from '#domain/trained-model';
import { readPart, type TrainingAnswer, type TrainingTask } from './training-task.js';

// Trains in a process of its own, so that nothing is warm that would not be in a retraining.
const task = JSON.parse(process.argv[2]!) as TrainingTask;
const training = readPart(task, 'training', task.rows);
const test = readPart(task, 'test', task.testRows);
const cpu = process.cpuUsage();
const wall = performance.now();
const model = task.model === 'trees' ? boostedTrees() : logisticRegression();
const { user, system } = process.cpuUsage(cpu);
const answer: TrainingAnswer = {
  cpuSeconds: (user + system) / 1e6,
  wallSeconds: (performance.now() - wall) / 1e3,
  scores: Array.from(rawOutputs({ model, outputs: 1 }, { rows: task.testRows, columns: test.columns }), sigmoid),
};
process.stdout.write(`${JSON.stringify(answer)}\n`);

function boostedTrees(): TreeEnsemble {
  const { trees, leaves, learningRate, minRowsPerLeaf, lambda, bins } = task;
  return trainTrees(training, {
    ...{ objective: 'binary', trees, leaves, learningRate, minRowsPerLeaf, lambda },
    ...(bins !== null && { maxBins: bins }),
  }).ensemble;
}

function logisticRegression(): LinearModel {
  const set = {
    ...{ rows: task.rows, columns: training.columns, labels: training.labels },
    isScaled: training.columns.map(() => true),
    weights: new Float64Array(task.rows).fill(1),
  };
  return fitLinear(set, 'binary-classification', 1, { l2: task.lambda }).model;
}
