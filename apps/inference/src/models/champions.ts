import type { AppliedPipeline, ModelAlias, ModelVersion } from '#contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '#platform/artifacts';
import type { ModelCatalog, PipelineCatalog } from '#platform/control';
import { OnnxModel } from '#platform/onnx';
import { Retriable } from '#platform/outcomes';
import type { Log } from '#platform/telemetry';
import { Champion, type ChampionMark, type ChampionWatch, type LoadedModel } from './champion.js';
import { ModelMetrics } from './model-metrics.js';

export interface ChampionsOptions {
  readonly models: Pick<ModelCatalog, 'champion' | 'subscribeChampions'>;
  readonly pipelines: Pick<PipelineCatalog, 'list' | 'subscribe'>;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Names of the pipelines that this instance runs. */
  readonly served: readonly string[] | 'all';
  /** Default: ONNX Runtime. */
  readonly load?: typeof loadOnnx;
}

interface Slot {
  current: Champion | null;
  /** Why the champion of the registry does not serve here (yet). */
  waiting: string | null;
  refreshing: boolean;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/**
 * The champion of each pipeline, loaded. A new one is loaded and warmed up while the old one serves, then takes its place
 * between two batches: `acquire` gives either the one or the other, never waits, and what was acquired stays usable.
 */
export class Champions {
  private readonly slots = new Map<string, Slot>();
  private readonly stopping = new AbortController();
  private readonly unsubscribe: (() => void)[] = [];
  private readonly metrics = new ModelMetrics();

  constructor(private readonly options: ChampionsOptions) {}

  /** Follows the registry from now on. Loads in the background. */
  start(): void {
    const { models, pipelines } = this.options;
    // Listeners must not keep the catalogs waiting: loading goes on beside them.
    this.unsubscribe.push(models.subscribeChampions((pipeline) => this.refreshSoon(pipeline)));
    this.unsubscribe.push(
      pipelines.subscribe((change) => {
        if (change.kind === 'removed') this.forget(change.name);
        else this.refreshSoon(change.pipeline.definition.name);
      }),
    );
  }

  /**
   * The champion that serves a pipeline now, held: let it go when the batch is done.
   * @param notBefore the champion that the partition was last scored by, perhaps elsewhere
   * @throws Retriable (`model_not_loaded`) when there is none yet, when it does not fit the definition in force, or when
   *   `notBefore` is newer than what this instance has
   */
  acquire({ definition, revision }: AppliedPipeline, notBefore?: ChampionMark | null): Champion {
    const { name, features } = definition;
    const slot = this.slots.get(name);
    const champion = slot?.current;
    if (champion == null) {
      const reason = slot?.waiting ?? 'no model is champion yet; register one: eddyline models register';
      throw new Retriable('model_not_loaded', `${name}: ${reason}`);
    }
    const { version, features: made, task } = champion.version;
    if (made.length !== features.length || made.some((feature, index) => feature !== features[index]!.name)) {
      throw new Retriable(
        'model_not_loaded',
        `${name}: model version ${version} takes ${made.join(', ')}; revision ${revision} of the pipeline gives ` +
          `${features.map((feature) => feature.name).join(', ')}: register a model for it`,
      );
    }
    if (task !== definition.model.task) {
      throw new Retriable(
        'model_not_loaded',
        `${name}: model version ${version} is for ${task}, revision ${revision} of the pipeline for ${definition.model.task}: register a model for it`,
      );
    }
    if (notBefore != null && Date.parse(champion.mark.since) < Date.parse(notBefore.since)) {
      throw new Retriable(
        'model_not_loaded',
        `${name}: the partition was scored by version ${notBefore.version}, which this instance has not loaded yet (it has ${version})`,
      );
    }
    return champion.hold();
  }

  /** Pipelines that cannot be scored now, with the reasons; for readiness. */
  problems(): readonly string[] {
    return this.options.pipelines.list().flatMap((pipeline) => {
      if (!this.serves(pipeline.definition.name)) return [];
      try {
        this.acquire(pipeline).letGo();
        return [];
      } catch (error) {
        return [(error as Error).message];
      }
    });
  }

  /** Pipelines that an older champion goes on serving because the newer one cannot be had, with the reasons; for readiness. */
  remarks(): readonly string[] {
    return [...this.slots].flatMap(([pipeline, { current, waiting }]) =>
      current === null || waiting === null
        ? []
        : [`${pipeline}: ${waiting}; version ${current.version.version} goes on`],
    );
  }

  /** Frees all models; batches under way finish first. */
  onApplicationShutdown(): void {
    this.stopping.abort();
    for (const stop of this.unsubscribe) stop();
    for (const pipeline of [...this.slots.keys()]) this.forget(pipeline);
  }

  private serves(pipeline: string): boolean {
    return this.options.served === 'all' || this.options.served.includes(pipeline);
  }

  private forget(pipeline: string): void {
    this.slots.get(pipeline)?.current?.retire();
    this.slots.delete(pipeline);
  }

  private refreshSoon(pipeline: string): void {
    if (!this.serves(pipeline) || this.stopping.signal.aborted) return;
    const slot = this.slots.get(pipeline) ?? { current: null, waiting: null, refreshing: false };
    this.slots.set(pipeline, slot);
    if (slot.refreshing) return; // the one under way looks again when it is done
    slot.refreshing = true;
    void this.refresh(pipeline, slot);
  }

  private async refresh(pipeline: string, slot: Slot): Promise<void> {
    try {
      await this.follow(pipeline, slot);
    } finally {
      // In the same breath as the last look at the registry: a change after it starts a new round.
      slot.refreshing = false;
    }
  }

  /** Until what serves is what the registry says. A model that cannot serve is given up until the registry changes. */
  private async follow(pipeline: string, slot: Slot): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    let refused: string | undefined;
    for (;;) {
      const target = this.options.models.champion(pipeline);
      if (target === undefined || this.stopping.signal.aborted || this.slots.get(pipeline) !== slot) return;
      const { version, alias } = target;
      const key = `${version.version} ${alias.since}`;
      const serving = slot.current?.mark;
      if (serving?.version === version.version && serving.since === alias.since) {
        slot.waiting = null; // also of a newer one that was given up and taken back
        return;
      }
      if (key === refused) return;
      try {
        await this.load(pipeline, slot, version, alias);
        waitMs = FIRST_WAIT_MS;
      } catch (error) {
        this.tellFailure(slot, version, error);
        if (!(error instanceof Retriable)) {
          refused = key;
          continue;
        }
        await sleep(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
        waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      }
    }
  }

  /** @throws Retriable when the store is away; ArtifactCorrupted and ModelRejected when the model is no good */
  private async load(pipeline: string, slot: Slot, version: ModelVersion, alias: ModelAlias): Promise<void> {
    slot.waiting = `model version ${version.version} is being loaded`;
    const bytes = await this.options.artifacts.get(version.artifactUri, version.sha256);
    const model = await (this.options.load ?? loadOnnx)(bytes, version);
    this.swap(pipeline, slot, new Champion(version, alias, model, this.watchOf(version)));
  }

  private tellFailure(slot: Slot, { pipeline, version }: ModelVersion, error: unknown): void {
    const { log } = this.options;
    slot.waiting = `model version ${version} cannot be loaded: ${(error as Error).message}`;
    if (error instanceof Retriable) {
      this.metrics.load(pipeline, 'waiting');
      log.warn({ pipeline, version }, slot.waiting);
      return;
    }
    this.metrics.load(pipeline, 'refused');
    const still = slot.current === null ? 'nothing serves' : `version ${slot.current.version.version} goes on`;
    log.error({ pipeline, version, error }, `${pipeline}: ${slot.waiting}; ${still}`);
  }

  private watchOf({ pipeline, version }: ModelVersion): ChampionWatch {
    return {
      scored: (rows, seconds) => this.metrics.scored(pipeline, version, rows, seconds),
      releaseFailed: (error) => this.options.log.warn({ pipeline, version, error }, 'a model was not freed'),
    };
  }

  private swap(pipeline: string, slot: Slot, next: Champion): void {
    if (this.stopping.signal.aborted || this.slots.get(pipeline) !== slot) return next.retire();
    const previous = slot.current;
    slot.current = next;
    slot.waiting = null;
    previous?.retire();
    this.metrics.load(pipeline, 'loaded');
    const version = next.version.version;
    this.options.log.info(
      { pipeline, version, previous: previous?.version.version },
      `${pipeline}: version ${version} serves`,
    );
  }
}

function loadOnnx(bytes: Uint8Array, layouts: Parameters<typeof OnnxModel.load>[1]): Promise<LoadedModel> {
  return OnnxModel.load(bytes, layouts);
}
