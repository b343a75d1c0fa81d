import type { ClickHouseClient } from '@clickhouse/client';
import { appendRows } from './append-rows.js';
import { LIFECYCLE_TABLE, type LoggedLifecycleEvent } from './lifecycle.table.js';
import { runQuery, type NamedQuery } from './queries.js';
import { qualifiedName } from './table-sql.js';

const PLACES: NamedQuery<Record<string, never>, { readonly partition: number; readonly next: string }> = {
  name: 'lifecycle log places',
  toSql: () =>
    `SELECT log_partition AS partition, toString(max(log_offset) + 1) AS next FROM ${qualifiedName(LIFECYCLE_TABLE)} GROUP BY log_partition`,
};

/** Decisions of all pipelines in ClickHouse. */
export class LifecycleLog {
  constructor(private readonly client: ClickHouseClient) {}

  /** By partition, the first offset that is not there. @throws Retriable('clickhouse_unreachable'), also without the table */
  async places(): Promise<ReadonlyMap<number, number>> {
    const rows = await runQuery(this.client, PLACES, {});
    return new Map(rows.map(({ partition, next }) => [partition, Number(next)]));
  }

  /**
   * Resolves when the event is stored. Whoever appends it, and however often: it is stored once.
   * @throws Retriable('clickhouse_unreachable'), also while another insert of it is under way
   */
  async append(logged: LoggedLifecycleEvent): Promise<void> {
    // Another member may have written it, or have died while it did.
    await appendRows(this.client, LIFECYCLE_TABLE, [logged], `lifecycle-${logged.partition}-${logged.offset}`, {
      repeated: true,
    });
  }
}
