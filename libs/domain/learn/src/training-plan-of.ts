import type { PipelineDefinition } from '#contracts';
import type { TrainingPlan } from './training-plan.js';

/** What is done where a pipeline has no section `retrain`: as its defaults have it. */
export const TRAINED_BY_DEFAULT = { search: null, holdout: 0.2, folds: 5, calibration: 'none', seed: 1 } as const;

/**
 * How a pipeline's file has its models trained.
 * @throws RangeError where they are trained by a command
 */
export function trainingPlanOf({
  name,
  model,
  label,
  retrain,
}: Pick<PipelineDefinition, 'name' | 'model' | 'label' | 'retrain'>): TrainingPlan {
  const trainer = model.trainer ?? { kind: 'built-in', trainer: 'gbdt', parameters: {} };
  if (trainer.kind === 'command')
    throw new RangeError(`models of ${name} are trained by the program ${trainer.command[0]}`);
  const { search, holdout, folds, calibration, seed } = retrain ?? TRAINED_BY_DEFAULT;
  return {
    pipeline: name,
    task: model.task,
    classes: classesOf({ label }),
    threshold: model.threshold,
    trainer: trainer.trainer,
    parameters: trainer.parameters,
    monotone: trainer.monotone ?? {},
    search,
    metric: null,
    holdout,
    folds,
    calibration,
    seed,
    metadata: {},
  };
}

/** How many classes there are; null: as many as the labels show. */
export function classesOf({ label }: Pick<PipelineDefinition, 'label'>): number | null {
  return label?.values.kind === 'classes' ? label.values.classes.length : null;
}
