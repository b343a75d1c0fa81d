import type { ModelReference, PipelineDefinition } from '#contracts';
import type { CompiledMonitor, QueryRow } from '../monitor.js';
import type { TickHistory } from './tick-history.js';

/** A SELECT of the engine's, and what it is for: that is found again in the log of queries. */
export interface EngineQuery {
  readonly sql: string;
  readonly purpose: 'steps' | 'window' | 'monitor' | 'evidence';
  /** Of a monitor's own. */
  readonly monitor?: string;
  readonly windowEnd?: number;
}

/**
 * `ok: false`: the log refuses the query for good, or it takes more than queries may. A log that is away is no answer: the
 * port throws, and the engine is asked again later.
 */
export type QueryAnswer =
  | { readonly ok: true; readonly rows: readonly QueryRow[]; readonly durationMs: number }
  | { readonly ok: false; readonly reason: string; readonly durationMs: number };

/** What the engine needs; the same for monitors that run and for monitors that are simulated. */
export interface EnginePorts {
  query(query: EngineQuery): Promise<QueryAnswer>;
  readonly ticks: Pick<TickHistory, 'firstAt'>;
  /** What a model version came with; undefined: nothing, or nobody knows the version. */
  referenceOf(version: string): Pick<ModelReference, 'rows' | 'calibration'> | undefined;
  /** Wall clock, ms. */
  nowMs(): number;
}

/** A pipeline whose monitors are evaluated. */
export interface MonitoredPipeline {
  readonly definition: PipelineDefinition;
  readonly revision: number;
  /** Of the definition, in its order. */
  readonly monitors: readonly CompiledMonitor[];
}

/** @throws Error where the log refuses a query that is the engine's own */
export function rowsOf(answer: QueryAnswer, query: EngineQuery): readonly QueryRow[] {
  if (answer.ok) return answer.rows;
  throw new Error(`the log refuses the query of ${query.purpose}: ${answer.reason}`);
}
