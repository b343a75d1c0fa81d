import type { AppliedPipeline, ModelAlias, ModelVersion, RegistryEntry } from '#contracts';
import type { ArtifactStore } from '#platform/artifacts';
import { describeModel, OnnxModel, planModelLayout, signatureOf, type ModelDescription } from '#platform/onnx';
import { CliFailure } from '../terminal/failure.js';

export interface ModelPorts {
  readonly store: ArtifactStore;
  versions(pipeline: string): readonly ModelVersion[];
  /** Resolves when durable. */
  publish(entry: RegistryEntry): Promise<void>;
}

export interface Registrar {
  readonly name: string;
  readonly now: () => Date;
}

export interface Registration {
  readonly version: ModelVersion;
  /** The same bytes were registered before for the same features; that version is answered again. */
  readonly known: boolean;
  /** Undefined with `promote: false`. */
  readonly champion?: ModelAlias;
}

/**
 * Checks a model against a pipeline's features and puts it on the registry, in the order of what needs what:
 * 1. the artifact: whoever reads the version must find it;
 * 2. the version: whoever reads the alias must find it;
 * 3. the champion alias: with it, inference swaps to the model.
 * Died in between, registering the same file again goes on where it stopped.
 * @throws CliFailure that names both sides when the model does not fit
 */
export async function registerModel(
  bytes: Uint8Array,
  { definition }: AppliedPipeline,
  options: { readonly description: string; readonly promote: boolean },
  ports: ModelPorts,
  by: Registrar,
): Promise<Registration> {
  const description = await describeModel(bytes);
  const layout = planModelLayout(description, definition.features, definition.model.task);
  if (!layout.ok) throw new CliFailure(mismatch(definition.name, layout.problems, description));
  await proveThatItScores(bytes, layout);
  const artifact = await ports.store.put(bytes);
  const features = definition.features.map(({ name }) => name);
  const before = ports.versions(definition.name);
  const same = before.find(
    ({ sha256, features: names }) => sha256 === artifact.sha256 && names.join() === features.join(),
  );
  const at = by.now().toISOString();
  const version: ModelVersion = same ?? {
    kind: 'version',
    pipeline: definition.name,
    version: String(Math.max(0, ...before.map((one) => Number(one.version))) + 1),
    task: definition.model.task,
    sha256: artifact.sha256,
    artifactUri: artifact.uri,
    sizeBytes: artifact.sizeBytes,
    features,
    input: layout.input,
    output: layout.output,
    registeredAt: at,
    registeredBy: by.name,
    description: options.description,
    metadata: description.metadata,
  };
  if (!same) await ports.publish(version);
  if (!options.promote) return { version, known: same !== undefined };
  const champion = championAlias(version, 'registered', by, at);
  await ports.publish(champion);
  return { version, known: same !== undefined, champion };
}

export function championAlias(
  { pipeline, version }: ModelVersion,
  reason: string,
  by: Registrar,
  since: string = by.now().toISOString(),
): ModelAlias {
  return { kind: 'alias', pipeline, alias: 'champion', version, since, changedBy: by.name, reason };
}

/** A model that loads here but does not run would stop inference; it must not get that far. */
async function proveThatItScores(bytes: Uint8Array, layouts: Parameters<typeof OnnxModel.load>[1]): Promise<void> {
  const model = await OnnxModel.load(bytes, layouts);
  await model.release();
}

function mismatch(pipeline: string, problems: readonly string[], { inputs, outputs }: ModelDescription): string {
  return [
    `the model does not fit the pipeline ${pipeline}; nothing was registered`,
    ...problems.map((problem) => `  ✗ ${problem}`),
    `  model inputs:  ${inputs.map(signatureOf).join('; ')}`,
    `  model outputs: ${outputs.map(signatureOf).join('; ')}`,
  ].join('\n');
}
