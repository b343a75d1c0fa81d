import { MlflowFailure, type MlflowServer } from './mlflow-server.js';

/** A model of an MLflow registry. */
export interface FetchedVersion {
  readonly name: string;
  readonly version: string;
  readonly runId: string;
  readonly description: string;
  readonly onnx: Uint8Array;
  /** As `exportVersion` left it beside the model; null: it comes from elsewhere. */
  readonly reference: Uint8Array | null;
}

/**
 * Fetches a registered model that is an ONNX file.
 *
 * @param which a version's number, or an alias
 * @throws MlflowFailure where there is none, or where it is no ONNX file of one piece
 */
export async function fetchVersion(server: MlflowServer, name: string, which: string): Promise<FetchedVersion> {
  const { model_version: found } = await (
    /^\d+$/.test(which)
      ? server.get<Found>('model-versions/get', { name, version: which })
      : server.get<Found>('registered-models/alias', { name, alias: which })
  ).catch((error: unknown) => {
    if (!(error instanceof MlflowFailure) || !isMissing(error)) throw error;
    const message = `MLflow has no ${/^\d+$/.test(which) ? 'version' : 'alias'} ${which} of a model "${name}"`;
    throw new MlflowFailure(message, error.code, { cause: error });
  });
  const { version, run_id: runId = '', description = '' } = found;
  const { artifact_uri: folder } = await server.get<{ artifact_uri: string }>('model-versions/get-download-uri', {
    name,
    version,
  });
  const files = await server.listArtifacts(folder);
  const models = files.filter((file) => file.endsWith('.onnx'));
  if (models.length !== 1) {
    const has = files.length === 0 ? 'nothing' : files.join(', ');
    throw new MlflowFailure(
      `version ${version} of "${name}" is no ONNX model (its folder has ${has}): log it with mlflow.onnx.log_model`,
    );
  }
  const model = models[0]!;
  const beside = files.filter((file) => file.startsWith(`${model}.`) || file.endsWith('.data'));
  if (beside.length > 0) {
    throw new MlflowFailure(
      `the weights of version ${version} of "${name}" lie in a file of their own (${beside.join(', ')}): log it with ` +
        'mlflow.onnx.log_model(…, save_as_external_data=False)',
    );
  }
  const reference = 'reference.ndjson.gz';
  return {
    name,
    version,
    runId,
    description,
    onnx: await server.getArtifact(folder, model),
    reference: files.includes(reference) ? await server.getArtifact(folder, reference) : null,
  };
}

/** An alias that a model does not have is, to MLflow, a parameter with an invalid value; so is an alias that no model may have. */
function isMissing({ code, message }: MlflowFailure): boolean {
  return code === 'RESOURCE_DOES_NOT_EXIST' || (code === 'INVALID_PARAMETER_VALUE' && message.endsWith('not found.'));
}

interface Found {
  readonly model_version: { readonly version: string; readonly run_id?: string; readonly description?: string };
}
