import { randomUUID } from 'node:crypto';
import { ClickHouseError, type ClickHouseClient } from '@clickhouse/client';
import { Retriable } from '#platform/outcomes';
import { classifyClickHouseError } from './clickhouse-errors.js';

/** What one SELECT may take. */
export interface SelectBounds {
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly resultRows: number;
}

/** A SELECT that somebody else wrote: it reads, and its cost is found again. */
export interface BoundedSelect {
  readonly sql: string;
  /** The query's id begins so, and its `log_comment` is this as JSON: costs are summed by either from `system.query_log`. */
  readonly id: string;
  readonly comment: Readonly<Record<string, string | number>>;
}

export type SelectAnswer =
  | { readonly ok: true; readonly rows: readonly Readonly<Record<string, unknown>>[]; readonly durationMs: number }
  /** Refused for good, or beyond its bounds; `reason` is ClickHouse's own text, which may quote data. */
  | { readonly ok: false; readonly reason: string; readonly durationMs: number };

/** The query took more than it may: TIMEOUT_EXCEEDED, TOO_SLOW, MEMORY_LIMIT_EXCEEDED, and too many rows or bytes. */
const BEYOND_BOUNDS = new Set([158, 159, 160, 241, 307, 396]);
/** The server as a whole is out of memory: none of the query's doing. */
const SERVER_FULL = /\(total\)|\(for user\)/;
/** A table or column that is not there: of a query that names its own it is a mistake. */
const NOT_THERE = new Set([16, 47, 60, 81]);

/**
 * Runs a SELECT without the right to change anything or to reach out of the database, within bounds.
 *
 * @param client waits for answers for longer than the bounds allow
 * @throws Retriable('clickhouse_unreachable') while ClickHouse is away or overloaded
 */
export async function boundedSelect(
  client: ClickHouseClient,
  { sql, id, comment }: BoundedSelect,
  { seconds, memoryBytes, resultRows }: SelectBounds,
): Promise<SelectAnswer> {
  const started = performance.now();
  try {
    const result = await client.query({
      query: sql,
      format: 'JSONEachRow',
      query_id: `${id}-${randomUUID()}`,
      clickhouse_settings: {
        readonly: '1',
        max_execution_time: seconds,
        max_memory_usage: String(memoryBytes),
        max_result_rows: String(resultRows),
        result_overflow_mode: 'throw',
        log_comment: JSON.stringify(comment),
        // So that a failure half-way is an error, and the summary that of the whole.
        wait_end_of_query: 1,
      },
    });
    const rows = await result.json<Record<string, unknown>>();
    return { ok: true, rows, durationMs: elapsedMs(result.response_headers['x-clickhouse-summary'], started) };
  } catch (error) {
    const code = error instanceof ClickHouseError ? Number(error.code) : undefined;
    const meaning = classifyClickHouseError(error, `running the query ${id}`);
    const isOwnFault =
      code !== undefined &&
      (NOT_THERE.has(code) || (BEYOND_BOUNDS.has(code) && !SERVER_FULL.test((error as Error).message)));
    if (meaning instanceof Retriable && !isOwnFault) throw meaning;
    const reason = `ClickHouse refused the query (${code}): ${(error as Error).message.slice(0, 1_000)}`;
    return { ok: false, reason, durationMs: performance.now() - started };
  }
}

function elapsedMs(summary: string | string[] | undefined, started: number): number {
  try {
    const { elapsed_ns } = JSON.parse(String(summary)) as { elapsed_ns?: string };
    if (elapsed_ns !== undefined) return Number(elapsed_ns) / 1e6;
  } catch {
    // An older server says nothing.
  }
  return performance.now() - started;
}
