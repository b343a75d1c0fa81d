import type { ModelAlias, ModelVersion } from '#contracts';
import type { ModelScores } from '#platform/onnx';

/** A model in memory. `OnnxModel` is one. */
export interface LoadedModel {
  score(rows: readonly (readonly (number | string | null)[])[]): Promise<ModelScores>;
  release(): Promise<void>;
}

/** Which champion a partition was last scored by; kept in its checkpoint. */
export interface ChampionMark {
  readonly version: string;
  /** When it became champion, ISO 8601. */
  readonly since: string;
}

/**
 * A model version in service. Whoever scores with it holds it, so that the session is freed only after the last batch
 * that began with it.
 */
export class Champion {
  private holders = 0;
  private retired = false;

  constructor(
    readonly version: ModelVersion,
    readonly alias: ModelAlias,
    private readonly model: LoadedModel,
    private readonly onReleaseFailed: (error: unknown) => void,
  ) {}

  get mark(): ChampionMark {
    return { version: this.version.version, since: this.alias.since };
  }

  /** @returns this champion, held; call `letGo` exactly once. */
  hold(): this {
    this.holders++;
    return this;
  }

  letGo(): void {
    this.holders--;
    this.freeWhenUnused();
  }

  score(rows: readonly (readonly (number | string | null)[])[]): Promise<ModelScores> {
    return this.model.score(rows);
  }

  /** Takes no new holders; frees the session once the last one has let go. */
  retire(): void {
    if (this.retired) return;
    this.retired = true;
    this.freeWhenUnused();
  }

  private freeWhenUnused(): void {
    if (this.retired && this.holders === 0) this.model.release().catch(this.onReleaseFailed);
  }
}
