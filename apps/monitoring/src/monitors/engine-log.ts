import type { ClickHouseClient } from '@clickhouse/client';
import type { MonitorTick, PipelineDefinition } from '#contracts';
import {
  firstTickQuery,
  latestTicksQuery,
  tickQuery,
  toTicks,
  type EngineQuery,
  type MonitorClock,
  type QueryAnswer,
  type QueryRow,
} from '#domain/monitors';
import { boundedSelect, type SelectBounds } from '#platform/clickhouse';

/** Ticks that are read when a pipeline is taken over: what windows of ordinary lengths need. */
const TICKS_AT_FIRST = 5_000;

/** One pipeline's log, as the engine asks it. */
export class EngineLog {
  constructor(
    private readonly client: ClickHouseClient,
    private readonly definition: PipelineDefinition,
    private readonly bounds: SelectBounds,
  ) {}

  /** @throws Retriable while ClickHouse is away */
  query({ sql, purpose, monitor, windowEnd }: EngineQuery): Promise<QueryAnswer> {
    const { name } = this.definition;
    const of = monitor ?? 'engine';
    return boundedSelect(
      this.client,
      {
        sql,
        id: `eddyline-monitor-${name}-${of}-${purpose}`,
        comment: { pipeline: name, monitor: of, purpose, ...(windowEnd === undefined ? {} : { windowEnd }) },
      },
      this.bounds,
    );
  }

  /** @throws Error when the log refuses what the engine itself asks */
  async rows(sql: string, purpose: string): Promise<readonly QueryRow[]> {
    const { name } = this.definition;
    const id = `eddyline-monitor-${name}-engine-${purpose}`;
    const comment = { pipeline: name, monitor: 'engine', purpose };
    const answer = await boundedSelect(this.client, { sql, id, comment }, this.bounds);
    if (answer.ok) return answer.rows;
    throw new Error(`${answer.reason}. Is the pipeline applied as this release needs it? eddyline apply`);
  }

  async latestTicks(): Promise<readonly MonitorTick[]> {
    return toTicks(await this.rows(latestTicksQuery(this.definition, TICKS_AT_FIRST), 'ticks'));
  }

  async tick(number: number): Promise<MonitorTick | undefined> {
    return toTicks(await this.rows(tickQuery(this.definition, number), 'ticks'))[0];
  }

  async firstTickAt(clock: MonitorClock, atLeastMs: number): Promise<MonitorTick | null> {
    return toTicks(await this.rows(firstTickQuery(this.definition, clock, atLeastMs), 'ticks'))[0] ?? null;
  }
}
