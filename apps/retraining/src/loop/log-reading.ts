import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf, sqlIdentifier, type PipelineDefinition } from '#contracts';
import { clockQuery } from '#domain/rollout';
import { boundedSelect, type SelectBounds } from '#platform/clickhouse';

/** What the log of a pipeline shows at one look. */
export interface LogReading {
  /** Event time that the log has reached, ms; null: it has no event. */
  readonly clockMs: number | null;
  /** The same of the times at which labels became known; null: it has no label. */
  readonly labelsClockMs: number | null;
  /** Labels that have come, corrections too: it never shrinks. */
  readonly labels: number;
}

/** One pipeline's log, as its loop asks it. */
export class LoopLog {
  private readonly reached = { events: -Infinity, labels: -Infinity };
  private firstMs: number | null = null;

  constructor(
    private readonly client: ClickHouseClient,
    private readonly pipeline: string,
    private readonly bounds: SelectBounds,
  ) {}

  /** Clocks never go back, whatever came in between. @throws as `rows` */
  async read(definition: PipelineDefinition): Promise<LogReading> {
    const [row] = await this.rows(clockQuery(definition, this.reached), 'clock');
    this.advance('events', row?.['clock_ms']);
    this.advance('labels', row?.['labels_clock_ms']);
    return {
      clockMs: finiteOrNull(this.reached.events),
      labelsClockMs: finiteOrNull(this.reached.labels),
      labels: Number(row?.['labels'] ?? 0),
    };
  }

  /** Event time of the first event, ms; null: there is none. @throws as `rows` */
  async began(): Promise<number | null> {
    if (this.firstMs !== null) return this.firstMs;
    const table = `${sqlIdentifier(databaseOf(this.pipeline))}.predictions`;
    const sql = `SELECT toUnixTimestamp64Milli(event_time) AS first_ms FROM ${table} ORDER BY event_time LIMIT 1`;
    const [row] = await this.rows(sql, 'began');
    return (this.firstMs = row === undefined ? null : Number(row['first_ms']));
  }

  /** @throws Retriable while ClickHouse is away; Error where it refuses the query, as one of tables that are not there */
  async rows(sql: string, purpose: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const answer = await this.select(sql, purpose);
    if (answer.ok) return answer.rows;
    throw new Error(`${answer.reason}. Is the pipeline applied as this release needs it? eddyline apply`);
  }

  select(sql: string, purpose: string): ReturnType<typeof boundedSelect> {
    const { pipeline } = this;
    const id = `eddyline-loop-${pipeline}-${purpose}`;
    return boundedSelect(this.client, { sql, id, comment: { pipeline, purpose } }, this.bounds);
  }

  private advance(clock: 'events' | 'labels', ms: unknown): void {
    if (ms !== null && ms !== undefined) this.reached[clock] = Math.max(this.reached[clock], Number(ms));
  }
}

function finiteOrNull(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}
