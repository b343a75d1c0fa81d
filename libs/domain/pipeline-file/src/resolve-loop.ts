import type { LabelDefinition, PipelineDefinition, TrainerDefinition } from '#contracts';
import { LoopContext } from './loop-context.js';
import type { MonitoredParts } from './monitor-context.js';
import type { ReadableParts } from './readable-parts.js';
import type { Resolution } from './resolution.js';
import { resolveExplain } from './resolve-explain.js';
import { resolveGates } from './resolve-gates.js';
import { resolveRetrain } from './resolve-retrain.js';
import { resolveRollout } from './resolve-rollout.js';

interface Resolved {
  readonly label: LabelDefinition | undefined;
  readonly trainer: TrainerDefinition | undefined;
}

/**
 * How new models are made and come to serve. Whoever trains by itself is gated and rolled out in steps, also where the file
 * says nothing of either.
 */
export function resolveLoop(
  file: ReadableParts,
  parts: MonitoredParts,
  { label, trainer }: Resolved,
  resolution: Resolution,
): Pick<PipelineDefinition, 'retrain' | 'gates' | 'rollout' | 'explain'> {
  const context = new LoopContext(parts, file.monitor, resolution);
  const { retrain, gates, rollout, explain } = file;
  const trains = file.sections.has('retrain');
  return {
    ...(retrain === undefined ? {} : { retrain: resolveRetrain(retrain ?? { on: [] }, trainer, context) }),
    ...(gates === undefined && (!trains || file.sections.has('gates'))
      ? {}
      : { gates: resolveGates(gates ?? {}, context) }),
    ...(rollout === undefined && (!trains || file.sections.has('rollout'))
      ? {}
      : { rollout: resolveRollout(rollout ?? {}, label, context) }),
    ...(explain === undefined ? {} : { explain: resolveExplain(explain ?? {}, resolution) }),
  };
}
