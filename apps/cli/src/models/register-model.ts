import {
  MODEL_METADATA,
  type AppliedPipeline,
  type ModelCard,
  type ModelReference,
  type ModelVersion,
} from '#contracts';
import type { Decision, LoopRecord } from '#domain/rollout';
import type { ArtifactStore } from '#platform/artifacts';
import { describeModel, OnnxModel, planModelLayout, signatureOf, type ModelDescription } from '#platform/onnx';
import type { DecideChange, LoopChanged } from '../lifecycle/loop-change.js';
import { CliFailure } from '../terminal/failure.js';
import type { PreparedReference } from './model-reference.js';

export interface ModelPorts {
  readonly store: ArtifactStore;
  /** All of what is decided, or nothing; resolves when durable. @throws CliFailure where the state does not allow it */
  change(decide: DecideChange): Promise<LoopChanged>;
}

export interface Registrar {
  readonly name: string;
  readonly now: () => Date;
}

/** What is known of a model that was trained here. */
export interface TrainedHere {
  readonly card: Omit<ModelCard, 'gates' | 'lineage'>;
  /** As the artifact holds it. */
  readonly explainer: Uint8Array;
}

export interface RegistrationOptions {
  readonly description: string;
  /** How the version comes to serve; null: it only is registered. */
  readonly serve: ((record: LoopRecord, version: string) => readonly Decision[]) | null;
  /** What the model knew. Left out: a version that was registered before with one keeps its own. */
  readonly reference?: (model: OnnxModel, metadata: Readonly<Record<string, string>>) => Promise<PreparedReference>;
  readonly trained?: TrainedHere;
}

export interface Registration {
  readonly version: ModelVersion;
  /** The same bytes were registered before for the same features, with the same reference; that version is answered again. */
  readonly known: boolean;
  readonly changed: LoopChanged;
  /** Of the reference: what was left out of it. */
  readonly remarks: readonly string[];
}

/**
 * Checks a model against a pipeline's features and puts it on the registry: first the artifacts, for whoever reads the version
 * must find them; then, in one transaction, the version, how it comes to serve, and both on the lifecycle log. Died in
 * between, registering the same files again goes on where it stopped.
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
  const explainer = options.trained && (await ports.store.put(options.trained.explainer));
  // The calibration stands in the reference.
  const { [MODEL_METADATA.calibration]: _, ...metadata } = description.metadata;
  const registered: Omit<ModelVersion, 'version'> = {
    kind: 'version',
    pipeline: definition.name,
    task: definition.model.task,
    sha256: artifact.sha256,
    artifactUri: artifact.uri,
    sizeBytes: artifact.sizeBytes,
    features: definition.features.map(({ name }) => name),
    input: layout.input,
    output: layout.output,
    registeredAt: by.now().toISOString(),
    registeredBy: by.name,
    description: options.description,
    metadata,
    ...(reference && { reference }),
    ...(explainer && { explainer: { artifactUri: explainer.uri, sha256: explainer.sha256 } }),
  };
  let found: { readonly version: ModelVersion; readonly known: boolean } | undefined;
  const changed = await ports.change(({ versions, record }) => {
    const same = versions.findLast((one) => isSame(one, registered));
    const version = same ?? numbered(registered, versions, record, options.trained);
    found = { version, known: same !== undefined };
    return {
      entries: same === undefined ? [version] : [],
      decisions: [
        ...(same === undefined ? [registration(version)] : []),
        ...(options.serve?.(record, version.version) ?? []),
      ],
    };
  });
  return { ...found!, changed, remarks: prepared?.remarks ?? [] };
}

function numbered(
  version: Omit<ModelVersion, 'version'>,
  before: readonly ModelVersion[],
  { serving }: LoopRecord,
  trained: TrainedHere | undefined,
): ModelVersion {
  const lineage = { parent: serving.champion?.version ?? null, run: null, cause: null };
  return {
    ...version,
    version: String(Math.max(0, ...before.map((one) => Number(one.version))) + 1),
    ...(trained && { card: { ...trained.card, gates: [], lineage } }),
  };
}

function registration({ version, registeredBy, description, sha256, card }: ModelVersion): Decision {
  const what = description === '' ? '' : `: ${description}`;
  return {
    change: { kind: 'version_registered', version, run: null },
    version,
    summary: `${registeredBy} registered version ${version}${what}.`,
    evidence: { sha256, metrics: card?.metrics ?? {}, dataset: card?.dataset?.sha256 ?? null },
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

/** Wherever it is stored; without a reference it is the newest that had some. */
function isSame(known: ModelVersion, { sha256, features, reference }: Omit<ModelVersion, 'version'>): boolean {
  return (
    known.sha256 === sha256 &&
    known.features.join() === features.join() &&
    (reference === undefined ||
      (reference.sha256 === known.reference?.sha256 &&
        JSON.stringify(reference.calibration) === JSON.stringify(known.reference.calibration)))
  );
}

export function mismatch(pipeline: string, problems: readonly string[], { inputs, outputs }: ModelDescription): string {
  return [
    `the model does not fit the pipeline ${pipeline}; nothing was registered`,
    ...problems.map((problem) => `  ✗ ${problem}`),
    `  model inputs:  ${inputs.map(signatureOf).join('; ')}`,
    `  model outputs: ${outputs.map(signatureOf).join('; ')}`,
  ].join('\n');
}
