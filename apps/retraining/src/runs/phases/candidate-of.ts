import type { Candidate, TrainingRun } from '#contracts';

/** @throws Error when the run has none: its phase needs one */
export function candidateOf({ id, phase, candidate }: TrainingRun): Candidate {
  if (candidate === null) throw new Error(`${id} is ${phase} and has no candidate`);
  return candidate;
}
