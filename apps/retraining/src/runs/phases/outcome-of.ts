import { ArtifactCorrupted } from '#platform/artifacts';
import { ClickHouseRefused } from '#platform/clickhouse';
import { ModelRejected } from '#platform/onnx';
import { Retriable } from '#platform/outcomes';
import { DatasetUnreadable } from '#platform/training-data';
import type { TrainingRun } from '#contracts';
import type { PhaseOutcome, PhaseTask } from '../phase-messages.js';
import { collect } from './collect.js';
import { gate } from './gate.js';
import type { Phase, PhasePorts } from './phase-ports.js';
import { register } from './register.js';
import { train } from './train.js';

const PHASES: Readonly<Record<TrainingRun['phase'], Phase>> = {
  collecting: collect,
  training: train,
  gating: gate,
  registering: register,
};

/** What repeating the phase would find again. */
const FINAL = [ArtifactCorrupted, ClickHouseRefused, DatasetUnreadable, ModelRejected];

/** Runs the phase that the task's run is in. @throws what is a bug; the process ends with it */
export async function outcomeOf(task: PhaseTask, ports: PhasePorts): Promise<Exclude<PhaseOutcome, { kind: 'died' }>> {
  try {
    return await PHASES[task.run.phase](task, ports);
  } catch (error) {
    if (error instanceof Retriable) return { kind: 'weather', reason: error.message };
    if (FINAL.some((kind) => error instanceof kind)) return { kind: 'refused', reason: (error as Error).message };
    throw error;
  }
}
