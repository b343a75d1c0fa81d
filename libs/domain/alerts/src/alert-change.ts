import type { AlertRecord, Measurement, MonitorDefinition } from '#contracts';

/** One evaluation of one monitor, as alerts see it. */
export interface Evaluation {
  readonly pipeline: string;
  readonly pipelineRevision: number;
  readonly monitor: MonitorDefinition;
  /** Event time, half-open, ms. */
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly modelVersion: string;
  readonly query: string;
  readonly measurements: readonly Measurement[];
  /** Wall clock, ms. */
  readonly noticedAt: number;
}

/** A change of an alert's state before its evidence is gathered. */
export interface AlertChange {
  readonly alert: Omit<AlertRecord, 'evidence'>;
  /** What brought it about. */
  readonly measurement: Measurement;
}

/** What is known of one subject's alert; JSON-safe. */
export interface AlertProgress {
  /** Windows in a row beyond a bound, up to the monitor's `fireAfter`. */
  readonly breaches: number;
  /** Windows in a row recovered, up to the monitor's `resolveAfter`. */
  readonly recoveries: number;
  /** Null: not firing. */
  readonly firing: Omit<AlertRecord, 'evidence' | 'query'> | null;
}

/** By `<monitor>/<metric>/<subject>/<slice>`; only subjects of which there is something to know. */
export type AlertStates = Readonly<Record<string, AlertProgress>>;
