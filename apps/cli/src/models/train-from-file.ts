import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { MODEL_METADATA, type BuiltInTrainer, type Dataset, type PipelineDefinition, type Scalar } from '#contracts';
import {
  trainingPlanOf,
  trainingRowsOf,
  trainModel,
  type TrainingHooks,
  type TrainingOutcome,
  type TrainingPlan,
} from '#domain/learn';
import type { ArtifactStore } from '#platform/artifacts';
import { packDataset, type PackedDataset } from '#platform/training-data';
import { CliFailure } from '../terminal/failure.js';
import type { LabelledRow } from './labelled-rows.js';

/** What a command line says differently from the pipeline's file; undefined: as the file says. */
export interface TrainingWishes {
  readonly trainer?: BuiltInTrainer;
  readonly parameters: Readonly<Record<string, Scalar>>;
  readonly trials?: number;
  readonly holdout?: number;
  readonly folds?: number;
  readonly calibration?: TrainingPlan['calibration'];
  readonly seed?: number;
}

export interface TrainedFromFile {
  readonly outcome: TrainingOutcome;
  readonly trainer: BuiltInTrainer;
  readonly dataset: PackedDataset;
  /** What explanations need beside the model, as the artifact holds it. */
  readonly explainer: Uint8Array;
}

/** @throws CliFailure where the rows or the wishes cannot be trained by */
export async function trainFromRows(
  definition: PipelineDefinition,
  rows: readonly LabelledRow[],
  wishes: TrainingWishes,
  hooks: TrainingHooks,
): Promise<TrainedFromFile> {
  const { name, features } = definition;
  // Without slices: no gate judges a model that is trained from a file.
  const dataset = await packDataset(
    { pipeline: name, features, slices: [] },
    rows.map(({ id, timeMs, features: values, label }) => ({
      id,
      time: timeMs,
      features: values,
      label: label!,
      slices: [],
    })),
  );
  const plan = planOf(definition, wishes, dataset);
  const training = trainingRowsOf(
    features,
    rows.map((row) => row.features),
    rows.map(({ label }) => label!),
    { times: rows.map(({ timeMs }) => timeMs) },
  );
  const outcome = trainModel(training, plan, hooks);
  if (!outcome.ok) throw new CliFailure(outcome.kind === 'refused' ? outcome.message : 'the training was ended');
  const explainer = await promisify(gzip)(JSON.stringify(outcome.model));
  return { outcome, trainer: plan.trainer, dataset, explainer };
}

function planOf(definition: PipelineDefinition, wishes: TrainingWishes, { sha256 }: PackedDataset): TrainingPlan {
  const declared = definition.model.trainer;
  const trainer = wishes.trainer ?? (declared?.kind === 'built-in' ? declared.trainer : undefined);
  if (declared?.kind === 'command' && trainer === undefined) {
    throw new CliFailure(
      `models of ${definition.name} are trained by \`${declared.command.join(' ')}\`: register the file that it writes ` +
        `(eddyline models register), or name a trainer that is built in (--trainer gbdt)`,
    );
  }
  const { trainer: _, ...model } = definition.model;
  // A file's hyperparameters are those of its own trainer.
  const isDeclared = declared?.kind === 'built-in' && (trainer ?? declared.trainer) === declared.trainer;
  const plan = trainingPlanOf({ ...definition, model: isDeclared ? definition.model : model });
  const features = definition.features.map(({ name, type }) => ({ name, type }));
  const { trials } = wishes;
  return {
    ...plan,
    ...(trainer === undefined ? {} : { trainer }),
    parameters: { ...plan.parameters, ...wishes.parameters },
    search: trials === undefined ? plan.search : trials === 0 ? null : searchOf(plan.search, trials),
    holdout: wishes.holdout ?? plan.holdout,
    folds: wishes.folds ?? plan.folds,
    calibration: wishes.calibration ?? plan.calibration,
    seed: wishes.seed ?? plan.seed,
    metadata: {
      [MODEL_METADATA.dataSha256]: sha256,
      [MODEL_METADATA.featureSchemaSha256]: createHash('sha256').update(JSON.stringify(features)).digest('hex'),
    },
  };
}

function searchOf(declared: TrainingPlan['search'], trials: number): TrainingPlan['search'] {
  return { method: 'random', space: {}, ...declared, trials };
}

/** Resolves when the rows are durable. */
export async function storeDataset(
  { bytes, sha256, rows, fromMs, toMs }: PackedDataset,
  file: string,
  store: ArtifactStore,
): Promise<Dataset> {
  const stored = await store.put(bytes);
  return {
    artifactUri: stored.uri,
    artifactSha256: stored.sha256,
    sha256,
    rows,
    fromMs,
    toMs,
    query: null,
    source: basename(file),
  };
}
