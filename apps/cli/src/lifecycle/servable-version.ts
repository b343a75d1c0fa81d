import type { ModelVersion, PipelineDefinition } from '#contracts';
import { CliFailure } from '../terminal/failure.js';

/** A version that the pipeline can serve as it is now. @throws CliFailure that names what there is */
export function servableVersion(
  { name, features }: PipelineDefinition,
  versions: readonly ModelVersion[],
  wanted: string,
): ModelVersion {
  const version = knownVersion(name, versions, wanted);
  const names = features.map((feature) => feature.name);
  if (version.features.join() !== names.join()) {
    throw new CliFailure(
      `version ${wanted} was registered for the features ${version.features.join(', ')}; ` +
        `the pipeline now gives ${names.join(', ')}: register a model made for them`,
    );
  }
  return version;
}

/** @throws CliFailure that names what there is */
export function knownVersion(pipeline: string, versions: readonly ModelVersion[], wanted: string): ModelVersion {
  const version = versions.find((one) => one.version === wanted);
  if (version !== undefined) return version;
  const known = versions.map((one) => one.version).join(', ') || 'none';
  throw new CliFailure(`${pipeline} has no model version ${wanted} (registered: ${known})`);
}
