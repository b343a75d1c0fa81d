import type { TrainingHooks, TrainingProgress } from './training-plan.js';

/** Thrown through a fit, and caught by trainModel, when a hook says that the run is to end. */
export class TrainingCancelled extends Error {
  override readonly name = 'TrainingCancelled';
}

const NOWHERE: Omit<TrainingProgress, 'phase'> = {
  trial: null,
  trials: null,
  fold: null,
  folds: null,
  round: null,
  rounds: null,
};

/** Says where a run is. @throws TrainingCancelled */
export type Report = (progress: Partial<TrainingProgress> & Pick<TrainingProgress, 'phase'>) => void;

export function reporterOf({ onProgress }: TrainingHooks): Report {
  return (progress) => {
    if (onProgress?.({ ...NOWHERE, ...progress }) === false) throw new TrainingCancelled('the run was ended');
  };
}
