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
  /** Why what the registry says does not serve here (yet). */
  waiting: string | null;
  refreshing: boolean;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/**
 * The models that score each pipeline, loaded: its champion and, where there is one, its challenger. What the registry says is
 * taken over between two batches, once its models are loaded and warmed up; until then what was said before goes on. A challenger
 * that cannot be had holds nothing up: the champion serves without it. `acquire` never waits, and what was acquired stays usable.
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
    const slot = this.slots.get(pipeline) ?? { current: null, loaded: new Map(), waiting: null, refreshing: false };
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
    /** By version, with the reason. */
    const refused = new Map<string, string>();
    let waitMs = FIRST_WAIT_MS;
    for (;;) {
      const serving = this.options.models.serving(pipeline);
      if (serving?.champion == null || this.isGone(pipeline, slot)) return;
      const champion = await this.have(pipeline, slot, 'champion', serving.champion.version, refused);
      if (champion.model === null) slot.waiting = champion.problem;
      const challenger =
        champion.model === null || serving.challenger === null
          ? NOBODY
          : await this.have(pipeline, slot, 'challenger', serving.challenger.version, refused);
      if (this.isGone(pipeline, slot)) return;
      const isOutdated = this.options.models.serving(pipeline)?.sequence !== serving.sequence;
      // Said meanwhile: what is outdated is of use only where nothing serves yet.
      if (champion.model !== null && (!isOutdated || slot.current === null)) {
        const { model, problem } = challenger;
        this.takeOver(pipeline, slot, { serving, champion: champion.model, challenger: model, problem });
      }
      if (isOutdated) continue;
      if (!champion.isAway && !challenger.isAway) return;
      await sleep(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  }

  /** @param refused versions that were given up in this round; one more is added where a model is no good */
  private async have(
    pipeline: string,
    slot: Slot,
    role: Role,
    version: string,
    refused: Map<string, string>,
  ): Promise<Loading> {
    const known = slot.loaded.get(version);
    if (known !== undefined) return { model: known, problem: null, isAway: false };
    const entry = this.options.models.versions(pipeline).find((one) => one.version === version);
    if (entry === undefined) {
      return { model: null, problem: `model version ${version} is not in the registry`, isAway: false };
    }
    const reason = refused.get(version);
    if (reason !== undefined) return { model: null, problem: reason, isAway: false };
    slot.waiting = `model version ${version} is being loaded`;
    try {
      const bytes = await this.options.artifacts.get(entry.artifactUri, entry.sha256);
      const model = new ServedModel(entry, await (this.options.load ?? loadOnnx)(bytes, entry), this.watchOf(entry));
      this.metrics.load(pipeline, role, 'loaded');
      if (this.isGone(pipeline, slot)) model.retire();
      else slot.loaded.set(version, model);
      return { model, problem: null, isAway: false };
    } catch (error) {
      const problem = this.tellFailure(slot, role, entry, error);
      const isAway = error instanceof Retriable;
      if (!isAway) refused.set(version, problem);
      return { model: null, problem, isAway };
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
    const kept = [serving.champion, serving.challenger, serving.previous].map((part) => part?.version);
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

const NOBODY: Loading = { model: null, problem: null, isAway: false };

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
