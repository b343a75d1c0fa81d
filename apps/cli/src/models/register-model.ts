import {
  MODEL_METADATA,
  type AppliedPipeline,
  type ModelReference,
  type ModelVersion,
  type RegistryEntry,
  type Serving,
} from '#contracts';
import type { ArtifactStore } from '#platform/artifacts';
import { describeModel, OnnxModel, planModelLayout, signatureOf, type ModelDescription } from '#platform/onnx';
import { CliFailure } from '../terminal/failure.js';
import type { PreparedReference } from './model-reference.js';

export interface ModelPorts {
  readonly store: ArtifactStore;
  versions(pipeline: string): readonly ModelVersion[];
  serving(pipeline: string): Serving | undefined;
  /** Resolves when durable. */
  publish(entry: RegistryEntry): Promise<void>;
}

export interface Registrar {
  readonly name: string;
  readonly now: () => Date;
}

export interface RegistrationOptions {
  readonly description: string;
  readonly promote: boolean;
  /** What the model knew. Left out: a version that was registered before with one keeps its own. */
  readonly reference?: (model: OnnxModel, metadata: Readonly<Record<string, string>>) => Promise<PreparedReference>;
}

export interface Registration {
  readonly version: ModelVersion;
  /** The same bytes were registered before for the same features, with the same reference; that version is answered again. */
  readonly known: boolean;
  /** Undefined with `promote: false`. */
  readonly champion?: Serving;
  /** Of the reference: what was left out of it. */
  readonly remarks: readonly string[];
}

/**
 * Checks a model against a pipeline's features and puts it on the registry, in the order of what needs what:
 * 1. the artifacts, model and reference: whoever reads the version must find them;
 * 2. the version: whoever reads who serves must find it;
 * 3. who serves: with it, inference swaps to the model.
 * Died in between, registering the same files again goes on where it stopped.
 *
 * Versions do not change, for what is in the log of one was measured by it: the same model with a reference that it did
 * not have is a new version.
 * @throws CliFailure that names both sides when the model does not fit
 */
export async function registerModel(
  bytes: Uint8Array,
  { definition }: AppliedPipeline,
  options: RegistrationOptions,
  ports: ModelPorts,
  by: Registrar,
): Promise<Registration> {
  const description = await describeModel(bytes);
  const layout = planModelLayout(description, definition.features, definition.model.task);
  if (!layout.ok) throw new CliFailure(mismatch(definition.name, layout.problems, description));
  // A model that loads here but does not run would stop inference; it must not get that far.
  const model = await OnnxModel.load(bytes, layout);
  const prepared = await prepareReference(model, description, options).finally(() => model.release());
  const artifact = await ports.store.put(bytes);
  const reference = prepared && (await storeReference(prepared, ports.store));
  const features = definition.features.map(({ name }) => name);
  const before = ports.versions(definition.name);
  const same = before.findLast(
    (one) =>
      one.sha256 === artifact.sha256 &&
      one.features.join() === features.join() &&
      (reference === undefined || isSame(reference, one.reference)),
  );
  const at = by.now().toISOString();
  // The calibration stands in the reference.
  const { [MODEL_METADATA.calibration]: _, ...metadata } = description.metadata;
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
    metadata,
    ...(reference && { reference }),
  };
  if (!same) await ports.publish(version);
  const registration = { version, known: same !== undefined, remarks: prepared?.remarks ?? [] };
  if (!options.promote) return registration;
  const champion = appoint(ports.serving(definition.name), version, 'registered', by, at);
  await ports.publish(champion);
  return { ...registration, champion };
}

/** Who serves once a version is champion; whoever was its challenger is not any more. */
export function appoint(
  before: Serving | undefined,
  { pipeline, version }: ModelVersion,
  reason: string,
  by: Registrar,
  since: string = by.now().toISOString(),
): Serving {
  return {
    kind: 'serving',
    pipeline,
    sequence: (before?.sequence ?? 0) + 1,
    champion: { version, since, changedBy: by.name, reason },
    challenger: null,
    previous: before?.champion ?? null,
  };
}

async function prepareReference(
  model: OnnxModel,
  { metadata }: ModelDescription,
  { reference }: RegistrationOptions,
): Promise<PreparedReference | undefined> {
  return reference?.(model, metadata);
}

async function storeReference(
  { bytes, rows, calibration }: PreparedReference,
  store: ArtifactStore,
): Promise<ModelReference> {
  const { uri, sha256 } = await store.put(bytes);
  return { artifactUri: uri, sha256, rows, calibration };
}

/** Wherever it is stored. */
function isSame(one: ModelReference, other: ModelReference | undefined): boolean {
  return one.sha256 === other?.sha256 && JSON.stringify(one.calibration) === JSON.stringify(other.calibration);
}

function mismatch(pipeline: string, problems: readonly string[], { inputs, outputs }: ModelDescription): string {
  return [
    `the model does not fit the pipeline ${pipeline}; nothing was registered`,
    ...problems.map((problem) => `  ✗ ${problem}`),
    `  model inputs:  ${inputs.map(signatureOf).join('; ')}`,
    `  model outputs: ${outputs.map(signatureOf).join('; ')}`,
  ].join('\n');
}
