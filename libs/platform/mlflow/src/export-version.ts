import type { ModelVersion } from '#contracts';
import { stringify } from 'yaml';
import { MlflowFailure, type MlflowServer } from './mlflow-server.js';

/** A version with the bytes of its artifacts. */
export interface ExportedFiles {
  readonly model: Uint8Array;
  /** Gzipped NDJSON; null: it came without. */
  readonly reference: Uint8Array | null;
  /** Gzipped JSON; null: opaque. */
  readonly explainer: Uint8Array | null;
}

export interface Exported {
  readonly name: string;
  /** As MLflow counts them. */
  readonly version: string;
  readonly runId: string;
  /** The same bytes of the same version were there already. */
  readonly known: boolean;
}

const TAG = { version: 'eddyline.version', sha256: 'eddyline.sha256', pipeline: 'eddyline.pipeline' } as const;
/** MLflow refuses longer values of parameters and tags. */
const LONGEST_VALUE = 6_000;

/**
 * Puts a version into an MLflow registry: a run with parameters and metrics, the ONNX file as a model of the `onnx` flavor (so that
 * `mlflow.onnx.load_model` and `mlflow.pyfunc` take it), all that Eddyline knows of it beside it, and a registered version that
 * points there. Died in between, exporting again leaves a run without a version behind, never two versions.
 *
 * @throws MlflowFailure
 */
export async function exportVersion(
  server: MlflowServer,
  version: ModelVersion,
  files: ExportedFiles,
  { name, alias }: { readonly name: string; readonly alias: string | null },
): Promise<Exported> {
  await unlessThere(server.post('registered-models/create', { name }));
  const known = await versionOf(server, name, version);
  const exported = known ?? (await create(server, name, version, files));
  if (alias !== null) await server.post('registered-models/alias', { name, alias, version: exported.version });
  return exported;
}

interface MlflowVersion {
  readonly version: string;
  readonly run_id: string;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
}

async function versionOf(server: MlflowServer, name: string, version: ModelVersion): Promise<Exported | undefined> {
  const filter = `name='${name.replaceAll("'", "\\'")}'`;
  for (let page = ''; ;) {
    const query = { filter, max_results: '200', ...(page !== '' && { page_token: page }) };
    const answer = await server.get<{
      readonly model_versions?: readonly MlflowVersion[];
      readonly next_page_token?: string;
    }>('model-versions/search', query);
    const same = answer.model_versions?.find(({ tags = [] }) => {
      const of = (key: string) => tags.find((tag) => tag.key === key)?.value;
      return of(TAG.version) === version.version && of(TAG.sha256) === version.sha256;
    });
    if (same) return { name, version: same.version, runId: same.run_id, known: true };
    page = answer.next_page_token ?? '';
    if (page === '') return undefined;
  }
}

async function create(
  server: MlflowServer,
  name: string,
  version: ModelVersion,
  files: ExportedFiles,
): Promise<Exported> {
  const experiment = await experimentOf(server, `eddyline/${version.pipeline}`);
  const tags = [
    { key: TAG.pipeline, value: version.pipeline },
    { key: TAG.version, value: version.version },
    { key: TAG.sha256, value: version.sha256 },
  ];
  const registeredAtMs = Date.parse(version.registeredAt);
  const { run } = await server.post<{ run: { info: { run_id: string; artifact_uri: string } } }>('runs/create', {
    experiment_id: experiment,
    run_name: `${version.pipeline} ${version.version}`,
    start_time: registeredAtMs,
    tags,
  });
  const { run_id: runId, artifact_uri: folder } = run.info;
  await server.post('runs/log-batch', { run_id: runId, ...batchOf(version, registeredAtMs) });
  const source = `${folder}/model`;
  await server.putArtifact(source, 'model.onnx', files.model);
  await server.putArtifact(source, 'eddyline.json', Buffer.from(JSON.stringify(version, null, 2)));
  if (files.reference !== null) await server.putArtifact(source, 'reference.ndjson.gz', files.reference);
  if (files.explainer !== null) await server.putArtifact(source, 'explainer.json.gz', files.explainer);
  await server.putArtifact(source, 'MLmodel', Buffer.from(mlmodelOf(version, source, runId)));
  await server.post('runs/update', { run_id: runId, status: 'FINISHED', end_time: registeredAtMs });
  const created = await server.post<{ model_version: MlflowVersion }>('model-versions/create', {
    name,
    source,
    run_id: runId,
    description: version.description,
    tags,
  });
  return { name, version: created.model_version.version, runId, known: false };
}

/** What `mlflow.onnx` and `mlflow.pyfunc` look for. */
function mlmodelOf(version: ModelVersion, source: string, runId: string): string {
  return stringify({
    artifact_path: source,
    flavors: {
      onnx: { data: 'model.onnx', providers: ['CPUExecutionProvider'], onnx_session_options: null },
      python_function: { data: 'model.onnx', loader_module: 'mlflow.onnx' },
    },
    run_id: runId,
    utc_time_created: version.registeredAt.replace('T', ' ').replace('Z', ''),
  });
}

function batchOf({ card, task, features, metadata }: ModelVersion, atMs: number) {
  const params: Readonly<Record<string, unknown>> = {
    task,
    features: features.join(','),
    ...(card && { trainer: card.trainer, ...card.parameters }),
  };
  const metrics = card?.metrics ?? {};
  return {
    params: Object.entries(params).map(([key, value]) => ({ key, value: textOf(value) })),
    metrics: Object.entries(metrics)
      .filter(([, value]) => Number.isFinite(value))
      .map(([key, value]) => ({ key, value, timestamp: atMs, step: 0 })),
    tags: Object.entries(metadata).map(([key, value]) => ({ key, value: value.slice(0, LONGEST_VALUE - 1) })),
  };
}

function textOf(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, LONGEST_VALUE - 1);
}

async function experimentOf(server: MlflowServer, name: string): Promise<string> {
  try {
    return (await server.post<{ experiment_id: string }>('experiments/create', { name })).experiment_id;
  } catch (error) {
    if (!(error instanceof MlflowFailure) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
    const found = await server.get<{ experiment: { experiment_id: string } }>('experiments/get-by-name', {
      experiment_name: name,
    });
    return found.experiment.experiment_id;
  }
}

async function unlessThere(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof MlflowFailure) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
  }
}
