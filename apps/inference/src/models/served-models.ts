import type { AppliedPipeline, ModelVersion, Serving } from '#contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '#platform/artifacts';
import type { ModelCatalog, PipelineCatalog } from '#platform/control';
import { OnnxModel } from '#platform/onnx';
import { Retriable } from '#platform/outcomes';
import type { Log } from '#platform/telemetry';
import { misfitOf } from './misfit.js';
import { ModelMetrics } from './model-metrics.js';
import { ServedModel, type LoadedModel, type ModelWatch } from './served-model.js';
import { ServingPair, type Challenger, type ServingMark } from './serving-pair.js';

export interface ServedModelsOptions {
  readonly models: Pick<ModelCatalog, 'serving' | 'versions' | 'subscribe'>;
  readonly pipelines: Pick<PipelineCatalog, 'list' | 'subscribe'>;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Names of the pipelines that this instance runs. */
  readonly served: readonly string[] | 'all';
  /** Default: ONNX Runtime. */
  readonly load?: typeof loadOnnx;
  /** So long a champion waits for its challenger to be loaded, and what served before goes on. Default 5 s. */
  readonly patienceMs?: number;
}

type Role = 'champion' | 'challenger';

/** Who plays which part, with the models that are loaded for it. */
interface Cast {
  readonly serving: Serving;
  readonly champion: ServedModel;
  /** Null: there is no challenger, or it cannot be had (`problem`). */
  readonly challenger: ServedModel | null;
  readonly problem: string | null;
}

interface Slot {
  current: Cast | null;
  /** By version: what plays a part, and the champion before this one, so that going back to it takes no time. */
  readonly loaded: Map<string, ServedModel>;
  /** By version: what is on its way, perhaps for nobody any more. */
  readonly loading: Map<string, Promise<Loading>>;
  /** Why what the registry says does not serve here (yet). */
  waiting: string | null;
  /** Tells the round that is under way of what the registry says now; null: there is none. */
  tell: (() => void) | null;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
const PATIENCE_MS = 5_000;

/**
 * The models that score each pipeline, loaded: its champion and, where there is one, its challenger. What the registry says is
 * taken over between two batches, once its models are loaded and warmed up; until then what was said before goes on. A challenger
 * that cannot be had, or takes long, holds nothing up: the champion serves without it. `acquire` never waits, and what was acquired
 * stays usable.
 */
export class ServedModels {
  private readonly slots = new Map<string, Slot>();
  private readonly stopping = new AbortController();
  private readonly unsubscribe: (() => void)[] = [];
  private readonly metrics = new ModelMetrics();

  constructor(private readonly options: ServedModelsOptions) {}

  /** Follows the registry from now on. Loads in the background. */
  start(): void {
    const { models, pipelines } = this.options;
    // Listeners must not keep the catalogs waiting: loading goes on beside them.
    this.unsubscribe.push(models.subscribe((pipeline) => this.refreshSoon(pipeline)));
    this.unsubscribe.push(
      pipelines.subscribe((change) => {
        if (change.kind === 'removed') this.forget(change.name);
        else this.refreshSoon(change.pipeline.definition.name);
      }),
    );
  }

  /**
   * What scores a pipeline now, held: let it go when the batch is done.
   * @param notBefore by what the partition was last scored, perhaps elsewhere
   * @throws Retriable (`model_not_loaded`) when there is no champion yet, when it does not fit the definition in force, or
   *   when `notBefore` is newer than what this instance has
   */
  acquire(pipeline: AppliedPipeline, notBefore?: ServingMark | null): ServingPair {
    const { name } = pipeline.definition;
    const slot = this.slots.get(name);
    const cast = slot?.current;
    if (cast == null) {
      const reason = slot?.waiting ?? 'no model is champion yet; register one: eddyline models register';
      throw new Retriable('model_not_loaded', `${name}: ${reason}`);
    }
    const misfit = misfitOf(cast.champion.version, pipeline);
    if (misfit !== undefined) throw new Retriable('model_not_loaded', `${name}: ${misfit}`);
    const { sequence } = cast.serving;
    const { version } = cast.champion.version;
    if (notBefore != null && sequence < notBefore.sequence) {
      throw new Retriable(
        'model_not_loaded',
        `${name}: the partition was scored by version ${notBefore.champion} (serving ${notBefore.sequence}), which this ` +
          `instance has not taken over yet (it has ${version}, serving ${sequence})`,
      );
    }
    return new ServingPair({ sequence, champion: version }, cast.champion, this.challengerOf(cast, pipeline));
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

  /**
   * For readiness: where an older champion goes on because the newer one cannot be had, and where a challenger does not score,
   * with the reasons.
   */
  remarks(): readonly string[] {
    const applied = new Map(this.options.pipelines.list().map((pipeline) => [pipeline.definition.name, pipeline]));
    return [...this.slots].flatMap(([name, { current, waiting }]) => {
      const pipeline = applied.get(name);
      if (current === null || pipeline === undefined) return [];
      const idle = idlenessOf(current, pipeline);
      return [
        ...(waiting === null ? [] : [`${name}: ${waiting}; version ${current.champion.version.version} goes on`]),
        ...(idle === undefined ? [] : [`${name}: the challenger does not score: ${idle}`]),
      ];
    });
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
    for (const model of this.slots.get(pipeline)?.loaded.values() ?? []) model.retire();
    this.slots.delete(pipeline);
  }

  private refreshSoon(pipeline: string): void {
    if (!this.serves(pipeline) || this.stopping.signal.aborted) return;
    const slot = this.slots.get(pipeline) ?? {
      current: null,
      loaded: new Map(),
      loading: new Map(),
      waiting: null,
      tell: null,
    };
    this.slots.set(pipeline, slot);
    if (slot.tell === null) void this.follow(pipeline, slot);
    else slot.tell();
  }

  /**
   * Until what serves is what the registry says. A model that cannot serve is given up until the registry changes; one that takes
   * long keeps nobody from what the registry says next.
   */
  private async follow(pipeline: string, slot: Slot): Promise<void> {
    const refused = new Map<string, Loading>();
    let waitMs = FIRST_WAIT_MS;
    try {
      for (;;) {
        const news = new Promise<typeof NEWS>((resolve) => (slot.tell = () => resolve(NEWS)));
        const serving = this.options.models.serving(pipeline);
        if (serving?.champion == null || this.isGone(pipeline, slot)) return;
        const champion = await Promise.race([
          this.have(pipeline, slot, 'champion', serving.champion.version, refused),
          news,
        ]);
        if (champion === NEWS) continue;
        if (champion.model === null) slot.waiting = champion.problem;
        const challenger =
          champion.model === null || serving.challenger === null
            ? NOBODY
            : await Promise.race([this.challengerFor(pipeline, slot, serving.challenger.version, refused), news]);
        if (this.isGone(pipeline, slot)) return;
        // From here to the end of the round in one breath: no change goes unnoticed.
        if (challenger === NEWS || this.options.models.serving(pipeline)?.sequence !== serving.sequence) continue;
        if (champion.model !== null) {
          const { model, problem } = challenger;
          this.takeOver(pipeline, slot, { serving, champion: champion.model, challenger: model, problem });
        }
        if (challenger === LATE) continue;
        if (!champion.isAway && !challenger.isAway) return;
        await Promise.race([sleep(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined), news]);
        waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      }
    } finally {
      slot.tell = null;
    }
  }

  /** It, as long as it does not take long: the champion does not wait for it then. */
  private challengerFor(
    pipeline: string,
    slot: Slot,
    version: string,
    refused: Map<string, Loading>,
  ): Promise<Loading> {
    const { patienceMs = PATIENCE_MS } = this.options;
    return Promise.race([
      this.have(pipeline, slot, 'challenger', version, refused),
      sleep(patienceMs, LATE, { ref: false }),
    ]);
  }

  /** @param refused versions that were given up in this round; one more is added where a model is no good */
  private async have(
    pipeline: string,
    slot: Slot,
    role: Role,
    version: string,
    refused: Map<string, Loading>,
  ): Promise<Loading> {
    const known = slot.loaded.get(version);
    if (known !== undefined) return { model: known, problem: null, isAway: false };
    const entry = this.options.models.versions(pipeline).find((one) => one.version === version);
    if (entry === undefined) {
      return { model: null, problem: `model version ${version} is not in the registry`, isAway: false };
    }
    const given = refused.get(version);
    if (given !== undefined) return given;
    let loading = slot.loading.get(version);
    if (loading === undefined) {
      slot.waiting = `model version ${version} is being loaded`;
      loading = this.load(slot, role, entry).finally(() => slot.loading.delete(version));
      slot.loading.set(version, loading);
    }
    const loaded = await loading;
    if (loaded.model === null && !loaded.isAway) refused.set(version, loaded);
    return loaded;
  }

  private async load(slot: Slot, role: Role, entry: ModelVersion): Promise<Loading> {
    const { pipeline, version } = entry;
    try {
      const bytes = await this.options.artifacts.get(entry.artifactUri, entry.sha256);
      const model = new ServedModel(entry, await (this.options.load ?? loadOnnx)(bytes, entry), this.watchOf(entry));
      this.metrics.load(pipeline, role, 'loaded');
      const serving = this.options.models.serving(pipeline);
      if (this.isGone(pipeline, slot) || !partsOf(serving).includes(version)) {
        model.retire();
        return { model: null, problem: `model version ${version} is not wanted any more`, isAway: true };
      }
      slot.loaded.set(version, model);
      return { model, problem: null, isAway: false };
    } catch (error) {
      return {
        model: null,
        problem: this.tellFailure(slot, role, entry, error),
        isAway: error instanceof Retriable,
      };
    }
  }

  private tellFailure(slot: Slot, role: Role, { pipeline, version }: ModelVersion, error: unknown): string {
    const { log } = this.options;
    const problem = `model version ${version} cannot be loaded: ${(error as Error).message}`;
    if (error instanceof Retriable) {
      this.metrics.load(pipeline, role, 'waiting');
      log.warn({ pipeline, version }, problem);
      return problem;
    }
    this.metrics.load(pipeline, role, 'refused');
    const still = slot.current === null ? 'nothing serves' : `version ${slot.current.champion.version.version} goes on`;
    log.error({ pipeline, version, error }, `${pipeline}: ${problem}; ${still}`);
    return problem;
  }

  private watchOf({ pipeline, version }: ModelVersion): ModelWatch {
    return {
      scored: (rows, seconds) => this.metrics.scored(pipeline, version, rows, seconds),
      releaseFailed: (error) => this.options.log.warn({ pipeline, version, error }, 'a model was not freed'),
    };
  }

  private challengerOf(cast: Cast, { definition, ...applied }: AppliedPipeline): Challenger | null {
    const { challenger } = cast.serving;
    // Without the section there is no stream for what is scored in the shadow.
    if (challenger === null || definition.rollout === undefined) return null;
    const { version, mode, share, salt } = challenger;
    return {
      model: idlenessOf(cast, { definition, ...applied }) === undefined ? cast.challenger : null,
      mode,
      share: mode === 'shadow' ? 0 : share,
      salt,
      failed: (rows, error) => this.tellSilence(definition.name, version, rows, error),
    };
  }

  private tellSilence(pipeline: string, version: string, rows: number, error: unknown): void {
    this.metrics.challengerFailed(pipeline, rows);
    if (error === undefined) return;
    const message = `${pipeline}: the challenger, version ${version}, failed on a batch; the champion serves it`;
    this.options.log.warn({ pipeline, version, rows, error }, message);
  }

  private isGone(pipeline: string, slot: Slot): boolean {
    return this.stopping.signal.aborted || this.slots.get(pipeline) !== slot;
  }

  private takeOver(pipeline: string, slot: Slot, next: Cast): void {
    const before = slot.current;
    slot.current = next;
    slot.waiting = null;
    const { serving, champion, challenger } = next;
    const kept = partsOf(serving);
    for (const [version, model] of slot.loaded) {
      if (kept.includes(version)) continue;
      slot.loaded.delete(version);
      model.retire();
    }
    const isSame = before?.serving.sequence === serving.sequence && before.challenger === challenger;
    if (isSame) return;
    const version = champion.version.version;
    const beside = challenger === null ? '' : `, version ${challenger.version.version} challenges it`;
    this.options.log.info(
      { pipeline, version, previous: before?.champion.version.version, challenger: challenger?.version.version },
      `${pipeline}: version ${version} serves${beside}`,
    );
  }
}

/** A model that is wanted: it, or why it is not there. */
interface Loading {
  readonly model: ServedModel | null;
  readonly problem: string | null;
  /** It may be there later. */
  readonly isAway: boolean;
}

const NEWS = Symbol('the registry says something else');
const NOBODY: Loading = { model: null, problem: null, isAway: false };
const LATE: Loading = { model: null, problem: 'it is being loaded', isAway: true };

/** Versions that play a part, or did so last. */
function partsOf(serving: Serving | undefined): readonly string[] {
  return [serving?.champion, serving?.challenger, serving?.previous].flatMap((part) => part?.version ?? []);
}

/** Why a challenger that the registry names does not score; undefined: it does, or there is none. */
function idlenessOf({ serving, challenger, problem }: Cast, pipeline: AppliedPipeline): string | undefined {
  if (serving.challenger === null) return undefined;
  if (pipeline.definition.rollout === undefined) {
    return `the pipeline file has no section rollout, so there is nowhere to log what version ${serving.challenger.version} says`;
  }
  return challenger === null ? (problem ?? undefined) : misfitOf(challenger.version, pipeline);
}

function loadOnnx(bytes: Uint8Array, layouts: Parameters<typeof OnnxModel.load>[1]): Promise<LoadedModel> {
  return OnnxModel.load(bytes, layouts);
}
