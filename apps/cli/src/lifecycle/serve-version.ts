import type { PipelineDefinition } from '#contracts';
import { decideChampion, decideRolloutStart, type Decision, type LoopRecord } from '#domain/rollout';
import type { Connections } from '../connections/connections.js';
import { CliFailure, usageFailure } from '../terminal/failure.js';
import { clockIfKnown, requireClock } from './pipeline-clock.js';

/** How a version comes to serve: through the rollout that the file declares, if it does; through it or not at all; past it. */
export type Way = 'as_declared' | 'rollout' | 'at_once';

export interface WayOptions {
  readonly rollout?: boolean;
  readonly atOnce?: boolean;
}

/** @throws CliFailure where both are asked for, or a rollout that the file does not declare */
export function wayOf({ rollout, atOnce }: WayOptions, { name, rollout: declared }: PipelineDefinition): Way {
  if (rollout === true && atOnce === true) throw usageFailure('--rollout and --at-once exclude each other');
  if (rollout === true && declared === undefined) {
    throw new CliFailure(`${name} declares no rollout: add the section \`rollout\` to its file and apply it`);
  }
  return rollout === true ? 'rollout' : atOnce === true ? 'at_once' : 'as_declared';
}

/**
 * The pipeline's clock, which a rollout is timed by. Where it is not to be had, nothing is rolled out: without it the version would
 * serve everybody at once.
 * @param hasChampion a first version has nothing to be compared with, and serves at once
 */
export async function clockFor(
  way: Way,
  definition: PipelineDefinition,
  hasChampion: boolean,
  connections: Connections,
): Promise<number | null> {
  const isTimed = way !== 'at_once' && definition.rollout !== undefined && hasChampion;
  if (!isTimed) return clockIfKnown(definition, connections);
  return (await requireClock(definition, connections, 'a rollout (--at-once does without)')).ms;
}

/** None where the version serves already, at once or as far as its rollout has come. */
export function decideServing(
  record: LoopRecord,
  version: string,
  way: Way,
  {
    definition,
    clock,
    reason,
  }: { readonly definition: PipelineDefinition; readonly clock: number | null; readonly reason: string },
): readonly Decision[] {
  const { champion } = record.serving;
  const { rollout } = record.state;
  if (champion?.version === version && (rollout === null || rollout.version === version)) return [];
  if (way === 'at_once') return decideChampion(record, version, reason);
  if (rollout?.version === version) return [];
  return decideRolloutStart(record, { version, reason, definition: definition.rollout, clock });
}

/** What became of it, for a person. */
export function servingNews(
  pipeline: string,
  version: string,
  before: LoopRecord,
  { serving, state }: LoopRecord,
): string {
  const old = before.serving.champion?.version;
  if (serving.champion?.version === version) {
    return `${pipeline}: version ${version} is champion${old === undefined || old === version ? '' : `, before it ${old}`}`;
  }
  const steps = state.rollout?.steps.length ?? 0;
  return `${pipeline}: version ${version} is rolled out against ${serving.champion?.version} in ${steps} steps: eddyline rollout status ${pipeline}`;
}
