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

/** What a champion tells of its life. */
export interface ChampionWatch {
  scored(rows: number, seconds: number): void;
  releaseFailed(error: unknown): void;
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
    private readonly watch: ChampionWatch,
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

  async score(rows: readonly (readonly (number | string | null)[])[]): Promise<ModelScores> {
    const started = performance.now();
    const scores = await this.model.score(rows);
    this.watch.scored(rows.length, (performance.now() - started) / 1_000);
    return scores;
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
