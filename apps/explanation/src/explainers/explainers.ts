import type { ModelVersion } from '#contracts';
import {
  openExplainer,
  Unexplainable,
  type ExplainedPrediction,
  type PredictionExplanation,
  type ExplanationSources,
  type PredictionExplainer,
} from '#domain/explain';
import type { ModelCatalog } from '#platform/control';
import { Retriable } from '#platform/outcomes';
import type { Log } from '#platform/telemetry';
import type { ExplainsPredictions } from '../ports.js';

export interface ExplainersOptions {
  readonly models: Pick<ModelCatalog, 'versions' | 'serving'>;
  readonly sources: ExplanationSources;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Versions that are kept in memory. */
  readonly most: number;
  /** Default: the clock. */
  readonly nowMs?: () => number;
}

/** A version that has scored stands on the registry; this member may hear of it a moment later. */
const HEARD_OF_AFTER_MS = 3_000;
/** What cannot explain now may have been restored by then. */
const TRY_AGAIN_AFTER_MS = 60_000;
/** How long it is remarked that a prediction could not be explained, after the last one. */
const REMARKED_FOR_MS = 600_000;

/** What explains a version, held while it explains. */
interface Held {
  readonly opening: Promise<PredictionExplainer>;
  users: number;
  retired: boolean;
}

/** Why a version, or a prediction of it, was not explained. */
interface Trouble {
  readonly pipeline: string;
  readonly version: string;
  readonly reason: string;
  readonly atMs: number;
  /** When it was last written to the log: not for every prediction. */
  readonly loggedAtMs: number;
  /** Nothing is tried before; null: it was one prediction alone. */
  readonly againAtMs: number | null;
}

/** What explains the versions of all pipelines: loaded when first needed, the ones that were not needed for longest let go. */
export class Explainers implements ExplainsPredictions {
  /** The most recently used last. */
  private readonly held = new Map<string, Held>();
  private readonly troubles = new Map<string, Trouble>();
  /** Since when a version is waited for that the registry does not have, ms. */
  private readonly unknownSince = new Map<string, number>();

  constructor(private readonly options: ExplainersOptions) {}

  async explain(pipeline: string, version: string, prediction: ExplainedPrediction): Promise<PredictionExplanation> {
    const key = `${pipeline}/${version}`;
    const trouble = this.troubles.get(key);
    if (trouble?.againAtMs != null && this.nowMs() < trouble.againAtMs) throw new Unexplainable(trouble.reason);
    const held = this.hold(key, pipeline, version);
    held.users++;
    try {
      const explainer = await this.opened(key, pipeline, version, held);
      const explanation = await explainer.explain(prediction).catch((error: unknown) => {
        if (error instanceof Unexplainable)
          this.tell(key, { pipeline, version, reason: error.message, againAtMs: null });
        throw error;
      });
      if (trouble?.againAtMs != null) this.troubles.delete(key);
      return explanation;
    } finally {
      held.users--;
      this.releaseUnused(held);
    }
  }

  /** For readiness: the versions that play a part and cannot be explained, with the reasons. */
  remarks(): readonly string[] {
    return [...this.troubles.values()].flatMap(({ pipeline, version, reason, atMs }) => {
      if (this.nowMs() - atMs > REMARKED_FOR_MS) return [];
      const serving = this.options.models.serving(pipeline);
      const parts = [serving?.champion, serving?.challenger].map((part) => part?.version);
      return parts.includes(version)
        ? [`${pipeline}: predictions of version ${version} are not explained: ${reason}`]
        : [];
    });
  }

  /** Explanations under way finish first. */
  onApplicationShutdown(): void {
    for (const key of [...this.held.keys()]) this.retire(key);
  }

  private hold(key: string, pipeline: string, version: string): Held {
    const before = this.held.get(key);
    const held = before ?? { opening: this.open(key, pipeline, version), users: 0, retired: false };
    this.held.delete(key);
    this.held.set(key, held);
    const [oldest] = this.held.keys();
    if (this.held.size > this.options.most) this.retire(oldest!);
    return held;
  }

  private async open(key: string, pipeline: string, version: string): Promise<PredictionExplainer> {
    const explainer = await openExplainer(this.registered(key, pipeline, version), this.options.sources);
    this.options.log.info({ pipeline, version }, `${pipeline}: predictions of version ${version} are explained`);
    return explainer;
  }

  private registered(key: string, pipeline: string, version: string): ModelVersion {
    const entry = this.options.models.versions(pipeline).find((candidate) => candidate.version === version);
    if (entry !== undefined) {
      this.unknownSince.delete(key);
      return entry;
    }
    const sinceMs = this.unknownSince.get(key) ?? this.nowMs();
    this.unknownSince.set(key, sinceMs);
    const reason = `model version ${version} of ${pipeline} is not in the registry`;
    if (this.nowMs() - sinceMs < HEARD_OF_AFTER_MS) throw new Retriable('model_not_loaded', reason);
    this.unknownSince.delete(key);
    throw new Unexplainable(reason);
  }

  /** Weather is passed on; whatever else keeps a version from being opened keeps only its predictions from being explained. */
  private async opened(key: string, pipeline: string, version: string, held: Held): Promise<PredictionExplainer> {
    try {
      return await held.opening;
    } catch (error) {
      if (this.held.get(key) === held) this.held.delete(key);
      if (error instanceof Retriable) throw error;
      const reason = (error as Error).message;
      this.tell(key, { pipeline, version, reason, againAtMs: this.nowMs() + TRY_AGAIN_AFTER_MS });
      throw new Unexplainable(reason, { cause: error });
    }
  }

  private tell(key: string, trouble: Omit<Trouble, 'atMs' | 'loggedAtMs'>): void {
    const { pipeline, version, reason } = trouble;
    const before = this.troubles.get(key);
    const atMs = this.nowMs();
    const isNews = before === undefined || atMs - before.loggedAtMs >= REMARKED_FOR_MS;
    if (isNews) {
      this.options.log.warn(
        { pipeline, version },
        `${pipeline}: a prediction of version ${version} is not explained: ${reason}`,
      );
    }
    this.troubles.delete(key);
    this.troubles.set(key, { ...trouble, atMs, loggedAtMs: isNews ? atMs : before.loggedAtMs });
    const [oldest] = this.troubles.keys();
    if (this.troubles.size > MOST_TROUBLES) this.troubles.delete(oldest!);
  }

  private retire(key: string): void {
    const held = this.held.get(key);
    this.held.delete(key);
    if (held === undefined) return;
    held.retired = true;
    this.releaseUnused(held);
  }

  private releaseUnused(held: Held): void {
    if (!held.retired || held.users > 0) return;
    // What was never opened has nothing to release.
    void held.opening.then((explainer) => explainer.release()).catch(() => undefined);
  }

  private nowMs(): number {
    return (this.options.nowMs ?? Date.now)();
  }
}

/** Versions come by the hundred only where something is wrong with all of them. */
const MOST_TROUBLES = 100;
