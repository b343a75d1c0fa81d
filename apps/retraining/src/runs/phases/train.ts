import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { MODEL_METADATA, type Candidate } from '#contracts';
import { trainingPlanOf, trainingRowsOf, trainModel, type TrainingPlan, type TrainingProgress } from '#domain/learn';
import { holdoutFrom, type DatasetContent } from '#platform/training-data';
import type { PhaseProgress, PhaseTask } from '../phase-messages.js';
import { refused, type Phase, type PhasePorts } from './phase-ports.js';
import { datasetOf, readCollected } from './read-collected.js';
import { trainWithCommand } from './train-by-command.js';
import { trainingSettingsOf } from './training-settings.js';

/** Makes a model of the rows that were collected. The same rows and settings give the same bytes. */
export const train: Phase = async (task, ports) => {
  const { definition, run } = task;
  const content = await readCollected(run, ports.artifacts);
  const expected = definition.features.map(({ name, type }) => `${name}: ${type}`).join(', ');
  const found = content.features.map(({ name, type }) => `${name}: ${type}`).join(', ');
  if (found !== expected) {
    return refused(
      `the rows that were collected have the features ${found}, and the pipeline now ${expected}: ask for a run anew`,
    );
  }
  const { trainer } = definition.model;
  return trainer?.kind === 'command'
    ? trainWithCommand(task, trainer, content, ports)
    : trainBuiltIn(task, content, ports);
};

async function trainBuiltIn(
  { definition, run }: PhaseTask,
  content: DatasetContent,
  { artifacts, tell, log }: PhasePorts,
): ReturnType<Phase> {
  const started = performance.now();
  const { rows, features } = content;
  const training = trainingRowsOf(
    features,
    rows.map((row) => row.features),
    rows.map(({ label }) => label),
    { times: rows.map(({ time }) => time) },
  );
  const { holdout } = trainingSettingsOf(definition);
  const plan: TrainingPlan = {
    ...trainingPlanOf(definition),
    // The very rows that gates will judge by, however shares are rounded.
    holdout: (rows.length - holdoutFrom(rows.length, holdout) + 0.5) / rows.length,
    metadata: {
      [MODEL_METADATA.dataSha256]: datasetOf(run).sha256,
      [MODEL_METADATA.featureSchemaSha256]: sha256Of(
        JSON.stringify(features.map(({ name, type }) => ({ name, type }))),
      ),
    },
  };
  const result = trainModel(training, plan, { onProgress: (progress) => tell(toProgress(progress)) });
  if (!result.ok) return refused(result.kind === 'refused' ? result.message : 'it was cancelled');
  for (const remark of result.remarks) log(`${run.id}: ${remark}`);
  const onnx = await artifacts.put(result.onnx);
  const explainer = await artifacts.put(await promisify(gzip)(JSON.stringify(result.model)));
  const candidate: Candidate = {
    artifactUri: onnx.uri,
    sha256: onnx.sha256,
    explainer: { artifactUri: explainer.uri, sha256: explainer.sha256 },
    trainer: plan.trainer,
    parameters: result.parameters,
    metrics: result.metrics,
    seconds: (performance.now() - started) / 1_000,
  };
  return { kind: 'done', product: { phase: 'training', candidate } };
}

function toProgress({ phase, trial, trials, fold, folds, round, rounds }: TrainingProgress): PhaseProgress {
  const parts = [
    { name: 'trial', at: trial, of: trials },
    { name: 'fold', at: fold, of: folds },
    { name: 'round', at: round, of: rounds },
  ].flatMap(({ name, at, of }) => (at === null || of === null ? [] : [{ name, at, of }]));
  const told = parts.map(({ name, at, of }) => `${name} ${Math.min(at + 1, of)} of ${of}`).join(', ');
  const first = parts[0];
  return {
    text: `is trained: ${phase}${told === '' ? '' : ` (${told})`}`,
    ratio: first === undefined || first.of === 0 ? null : first.at / first.of,
  };
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
