import type { ModelReference, ModelVersion } from '#contracts';
import type { ModelCatalog } from '#platform/control';
import { Retriable } from '#platform/outcomes';
import type { ReferenceLoader } from '../references/reference-loader.js';

/** A version that has scored stands on the registry; this member may hear of it a moment later. */
const HEARD_OF_AFTER_MS = 3_000;
/** What a version came with is being brought into the log; when it cannot be had, monitors do without it. */
const LOADED_AFTER_MS = 60_000;

/**
 * What models came with, once the log has it: a window that is evaluated before would be held against nothing, and give other
 * figures when it is repeated.
 */
export class ModelReferences {
  /** Since when a version is waited for, ms. */
  private readonly waiting = new Map<string, number>();

  constructor(
    private readonly models: Pick<ModelCatalog, 'versions'>,
    private readonly loader: Pick<ReferenceLoader, 'rowsOf'>,
    private readonly nowMs: () => number,
  ) {}

  /** @throws Retriable while it is worth waiting */
  of(pipeline: string, version: string): ModelReference | undefined {
    const key = `${pipeline}/${version}`;
    const model = this.models.versions(pipeline).find((candidate) => candidate.version === version);
    const missing = this.missing(model);
    if (missing === undefined) {
      this.waiting.delete(key);
      return model?.reference;
    }
    const sinceMs = this.waiting.get(key) ?? this.nowMs();
    this.waiting.set(key, sinceMs);
    if (this.nowMs() - sinceMs < missing.waitMs) {
      throw new Retriable('model_not_loaded', `version ${version} of ${pipeline}: ${missing.reason}`);
    }
    return undefined;
  }

  private missing(model: ModelVersion | undefined): { readonly reason: string; readonly waitMs: number } | undefined {
    if (model === undefined) return { reason: 'the registry does not know it', waitMs: HEARD_OF_AFTER_MS };
    if (this.loader.rowsOf(model) !== null) return undefined;
    return { reason: 'what it was trained on is not in the log yet', waitMs: LOADED_AFTER_MS };
  }
}
