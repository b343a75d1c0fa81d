import type { ModelVersion } from '#contracts';
import type { ModelScores } from '#platform/onnx';

/** A model in memory. `OnnxModel` is one. */
export interface LoadedModel {
  score(rows: readonly (readonly (number | string | null)[])[]): Promise<ModelScores>;
  release(): Promise<void>;
}

/** What a model tells of its life. */
export interface ModelWatch {
  scored(rows: number, seconds: number): void;
  releaseFailed(error: unknown): void;
}

/** Scores of a batch, and how long the model took for it. */
export interface TimedScores extends ModelScores {
  readonly scoringMs: number;
}

/**
 * A model version in service. Whoever scores with it holds it, so that the session is freed only after the last batch
 * that began with it.
 */
export class ServedModel {
  private holders = 0;
  private retired = false;

  constructor(
    readonly version: ModelVersion,
    private readonly model: LoadedModel,
    private readonly watch: ModelWatch,
  ) {}

  /** @returns this model, held; call `letGo` exactly once. */
  hold(): this {
    this.holders++;
    return this;
  }

  letGo(): void {
    this.holders--;
    this.freeWhenUnused();
  }

  async score(rows: readonly (readonly (number | string | null)[])[]): Promise<TimedScores> {
    const started = performance.now();
    const { scores, classScores, problems } = await this.model.score(rows);
    const scoringMs = performance.now() - started;
    this.watch.scored(rows.length, scoringMs / 1_000);
    return { scores, classScores, problems, scoringMs };
  }

  /** Takes no new holders; frees the session once the last one has let go. */
  retire(): void {
    if (this.retired) return;
    this.retired = true;
    this.freeWhenUnused();
  }

  private freeWhenUnused(): void {
    if (this.retired && this.holders === 0)
      this.model.release().catch((error: unknown) => this.watch.releaseFailed(error));
  }
}
