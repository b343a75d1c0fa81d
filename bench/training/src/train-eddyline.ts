import { trainTrees } from '#domain/learn';
import { rawOutputs, sigmoid } from '#domain/trained-model';
import { readPart, type TrainingAnswer, type TrainingTask } from './training-task.js';

// Trains in a process of its own, so that nothing is warm that would not be in a retraining.
const task = JSON.parse(process.argv[2]!) as TrainingTask;
const training = readPart(task, 'training', task.rows);
const test = readPart(task, 'test', task.testRows);
const { trees, leaves, learningRate, minRowsPerLeaf, lambda, bins } = task;
const cpu = process.cpuUsage();
const wall = performance.now();
const { ensemble } = trainTrees(training, {
  ...{ objective: 'binary', trees, leaves, learningRate, minRowsPerLeaf, lambda },
  ...(bins !== null && { maxBins: bins }),
});
const { user, system } = process.cpuUsage(cpu);
const answer: TrainingAnswer = {
  cpuSeconds: (user + system) / 1e6,
  wallSeconds: (performance.now() - wall) / 1e3,
  scores: Array.from(
    rawOutputs({ model: ensemble, outputs: 1 }, { rows: task.testRows, columns: test.columns }),
    sigmoid,
  ),
};
process.stdout.write(`${JSON.stringify(answer)}\n`);
