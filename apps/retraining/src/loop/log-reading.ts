import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf, sqlIdentifier, type PipelineDefinition } from '#contracts';
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

/** An event that claims to be of later than this after its scoring is believed in everything but its time. */
const AHEAD_MS = 3_600_000;

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
    const [row] = await this.rows(readingQuery(definition, this.reached.events), 'clock');
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

/**
 * The pipeline's clock: of monitors where it has some, which waits for its slowest partition, else the latest event time in the log.
 *
 * @param afterMs the latest event is looked for beyond this
 */
export function readingQuery({ name, label, monitoring }: PipelineDefinition, afterMs: number): string {
  const table = (of: string): string => `${sqlIdentifier(databaseOf(name))}.${of}`;
  const since = Number.isFinite(afterMs) ? `event_time > fromUnixTimestamp64Milli(${afterMs}, 'UTC') AND ` : '';
  const lastTick = (clock: string): string =>
    `(SELECT toUnixTimestamp64Milli(${clock}) FROM ${table('monitor_ticks')} ORDER BY tick DESC, ticked_at LIMIT 1)`;
  const events =
    monitoring === undefined
      ? `(SELECT if(count() = 0, NULL, max(toUnixTimestamp64Milli(event_time))) FROM ${table('predictions')} ` +
        `WHERE ${since}event_time <= predicted_at + toIntervalMillisecond(${AHEAD_MS}))`
      : lastTick('events_clock');
  if (label === undefined) return `SELECT ${events} AS clock_ms, NULL AS labels_clock_ms, 0 AS labels`;
  const labels = `(SELECT count() FROM ${table('outcome_revisions')})`;
  const labelsClock =
    monitoring === undefined
      ? `(SELECT if(count() = 0, NULL, max(toUnixTimestamp64Milli(label_time))) FROM ${table('outcome_revisions')})`
      : lastTick('labels_clock');
  return `SELECT ${events} AS clock_ms, ${labelsClock} AS labels_clock_ms, ${labels} AS labels`;
}

function finiteOrNull(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}
