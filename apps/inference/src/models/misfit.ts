import type { AppliedPipeline, ModelVersion } from '#contracts';

/** Why a model cannot score for the definition in force; undefined: it can. */
export function misfitOf(
  { version, features: made, task }: ModelVersion,
  { definition, revision }: AppliedPipeline,
): string | undefined {
  const { features, model } = definition;
  if (made.length !== features.length || made.some((feature, index) => feature !== features[index]!.name)) {
    return (
      `model version ${version} takes ${made.join(', ')}; revision ${revision} of the pipeline gives ` +
      `${features.map((feature) => feature.name).join(', ')}: register a model for it`
    );
  }
  if (task !== model.task) {
    return `model version ${version} is for ${task}, revision ${revision} of the pipeline for ${model.task}: register a model for it`;
  }
  return undefined;
}
