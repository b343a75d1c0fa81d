import type { PipelineDefinition } from '#contracts';
import { didYouMean } from '#domain/spelling';
import type { CompiledMonitor } from '#domain/monitors';
import { CliFailure } from '../terminal/failure.js';

/** @throws CliFailure that names the monitors there are */
export function namedMonitor(
  monitors: readonly CompiledMonitor[],
  pipeline: Pick<PipelineDefinition, 'name' | 'monitoring'>,
  name: string,
): CompiledMonitor {
  const found = monitors.find(({ definition }) => definition.name === name);
  if (found !== undefined) return found;
  throw new CliFailure(
    monitors.length === 0
      ? `${pipeline.name} declares no monitors; add a section \`monitor\` to its file and apply it`
      : `${pipeline.name} has no monitor ${name}${
          didYouMean(
            name,
            monitors.map(({ definition }) => definition.name),
          ) || `; it has ${monitors.map(({ definition }) => definition.name).join(', ')}`
        }`,
  );
}
