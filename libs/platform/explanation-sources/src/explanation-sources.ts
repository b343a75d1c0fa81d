import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ModelExplainer, ModelReference, ModelVersion } from '#contracts';
import { parseReferenceRows, type ArtifactStore, type ReferenceRow } from '#platform/artifacts';
import { OnnxModel } from '#platform/onnx';

/** Thrown when the artifact that should explain a model is not gzipped text; another one is needed. */
export class ExplainerUnpackable extends Error {
  override readonly name = 'ExplainerUnpackable';
}

/** Beyond this the text of an explainer is not read, however small it was packed: 256 MiB. */
const MAX_TEXT_BYTES = 256 << 20;

/**
 * What explains a model version, from the artifact store: ExplanationSources of libs/domain/explain. Every method rejects with
 * Retriable while the store is away, with ArtifactCorrupted where it holds other bytes than were registered, and with
 * ExplainerUnpackable, ReferenceUnreadable or ModelRejected where what was registered is of no use.
 */
export function explanationSources(artifacts: Pick<ArtifactStore, 'get'>) {
  return {
    async explainer({ artifactUri, sha256 }: ModelExplainer): Promise<string> {
      const bytes = await artifacts.get(artifactUri, sha256);
      try {
        return (await promisify(gunzip)(bytes, { maxOutputLength: MAX_TEXT_BYTES })).toString();
      } catch (cause) {
        throw new ExplainerUnpackable(`${artifactUri} cannot be unpacked: ${(cause as Error).message}`, { cause });
      }
    },
    async referenceRows({ artifactUri, sha256 }: ModelReference): Promise<readonly ReferenceRow['features'][]> {
      const rows = await parseReferenceRows(await artifacts.get(artifactUri, sha256));
      return rows.map(({ features }) => features);
    },
    async scorer(version: ModelVersion): Promise<OnnxModel> {
      return OnnxModel.load(await artifacts.get(version.artifactUri, version.sha256), version);
    },
  };
}
