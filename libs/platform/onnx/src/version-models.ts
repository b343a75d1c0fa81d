import type { ModelVersion } from '#contracts';
import { ArtifactCorrupted, type ArtifactStore } from '#platform/artifacts';
import { OnnxModel } from './onnx-model.js';
import { ModelRejected } from './onnx-session.js';

/** What of a version it takes to score with it. */
export type LoadableVersion = Pick<
  ModelVersion,
  'version' | 'features' | 'artifactUri' | 'sha256' | 'input' | 'output'
>;

/** Registered versions as models that score, each loaded when it is first asked for. Holds native memory: `release` them. */
export class VersionModels {
  private readonly loaded = new Map<string, Promise<OnnxModel>>();

  /** @param features of the rows that will be scored, in their order */
  constructor(
    private readonly versions: readonly LoadableVersion[],
    private readonly features: readonly string[],
    private readonly store: ArtifactStore,
  ) {}

  /**
   * The model; or, of a version that is not what was registered or takes other rows, why it cannot be had.
   * @throws Retriable (`artifact_unreachable`) while the store is away
   */
  async get(version: string): Promise<OnnxModel | { readonly missing: string }> {
    const known = this.versions.find((one) => one.version === version);
    if (known === undefined) return { missing: 'it is not on the registry' };
    if (known.features.join() !== this.features.join()) {
      return {
        missing: `it takes the features ${known.features.join(', ')}; the pipeline now gives ${this.features.join(', ')}`,
      };
    }
    try {
      return await this.load(known);
    } catch (error) {
      if (error instanceof ArtifactCorrupted || error instanceof ModelRejected) return { missing: error.message };
      throw error;
    }
  }

  async release(): Promise<void> {
    const all = await Promise.allSettled(this.loaded.values());
    this.loaded.clear();
    for (const one of all) if (one.status === 'fulfilled') await one.value.release();
  }

  private load(version: LoadableVersion): Promise<OnnxModel> {
    const loading =
      this.loaded.get(version.version) ??
      this.store.get(version.artifactUri, version.sha256).then((bytes) => OnnxModel.load(bytes, version));
    this.loaded.set(version.version, loading);
    return loading;
  }
}
