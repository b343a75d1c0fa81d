import type { LifecycleWriter, ModelCatalog } from '#platform/control';
import type { Log } from '#platform/telemetry';
import type { LoopLog } from './log-reading.js';
import type { LoopMetrics } from './loop-metrics.js';
import type { AlertInbox } from './new-alerts.js';

/** What the loops of all pipelines share. */
export interface LoopParts {
  readonly service: string;
  /** How often a phase of a run is begun at most. */
  readonly mostAttempts: number;
  /** Of the time, what looking at guards may take at most. */
  readonly guardShare: number;
  readonly models: Pick<ModelCatalog, 'lifecycle' | 'serving'>;
  readonly metrics: LoopMetrics;
  readonly log: Log;
  openWriter(pipeline: string): Promise<LifecycleWriter>;
  logOf(pipeline: string): LoopLog;
  inboxOf(pipeline: string): AlertInbox;
  /** Wall clock, ms. */
  nowMs(): number;
}
