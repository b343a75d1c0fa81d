import type { LogCut, Measurement, MonitorDefinition, PipelineDefinition } from '#contracts';

/** Half-open range of event time, ms since epoch. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

/** What one evaluation is about. Equal contexts give equal queries, and those equal rows, whenever they are run. */
export interface MonitorContext {
  readonly window: Window;
  /** What was known when the clock had passed the window's end. */
  readonly cut: LogCut;
  /** The same for the window's beginning: what came to the log in between; null before the first tick. */
  readonly cutBefore: LogCut | null;
  /** The version that scored last in the window, and what it came with; null where nothing was scored. */
  readonly model: MonitoredModel | null;
}

export interface MonitoredModel {
  readonly version: string;
  /** Rows of `model_reference` that it has; 0: it came without. */
  readonly referenceRows: number;
  readonly calibration: { readonly scores: readonly number[]; readonly probabilities: readonly number[] } | null;
}

/** A row as JSONEachRow gives it; 64-bit integers are text, NaN and infinities null. */
export type QueryRow = Readonly<Record<string, unknown>>;

/** Which clock's progress makes a monitor due: that of the events, or that of the labels. */
export type MonitorClock = 'events' | 'labels';

export interface Judgement {
  readonly measurements: readonly Measurement[];
  /** What the next evaluation gets; JSON-safe and small. */
  readonly memory?: unknown;
}

/** A monitor as queries and pure functions. It scans nothing itself. */
export interface CompiledMonitor {
  readonly definition: MonitorDefinition;
  readonly clock: MonitorClock;
  /**
   * One SELECT, complete: it can be run again by hand.
   * @param memory what the evaluation before returned; undefined at first
   */
  query(context: MonitorContext, memory: unknown): string;
  /** @param memory the same */
  judge(rows: readonly QueryRow[], context: MonitorContext, memory: unknown): Judgement;
  /** A SELECT for rows that show what an alert means: see `toEvidence`. */
  evidenceQuery(measurement: Measurement, context: MonitorContext): string | null;
}

export type MonitorFactory<Kind extends MonitorDefinition['kind']> = (
  monitor: Extract<MonitorDefinition, { kind: Kind }>,
  pipeline: PipelineDefinition,
) => CompiledMonitor;
