import {
  classifyClickHouseError,
  quarantineTable,
  qualifiedName,
  runQuery,
  type createClickHouse,
  type NamedQuery,
} from '#platform/clickhouse';

type ClickHouse = ReturnType<typeof createClickHouse>;

/** Rows of a pipeline's quarantine table that tell of records before these offsets of the quarantine topic. */
export interface RowCutoff {
  /** By partition of the quarantine topic, exclusive. */
  readonly offsets: ReadonlyMap<number, number>;
  /** ms since epoch, exclusive: a topic that was made anew counts from 0 again, and its rows are younger. */
  readonly beforeMs: number;
}

/** Which rows a cut-off means; partitions and offsets are numbers of ours, never text of others. */
export function rowsBeforeSql({ offsets, beforeMs }: RowCutoff): string {
  const before = [...offsets]
    .filter(([, offset]) => offset > 0)
    .map(([partition, offset]) => `(quarantine_partition = ${partition} AND quarantine_offset < ${offset})`);
  const positions = before.length === 0 ? 'false' : before.join(' OR ');
  return `quarantined_at < fromUnixTimestamp64Milli(${Math.floor(beforeMs)}, 'UTC') AND (${positions})`;
}

export function countRowsQuery(
  pipeline: string,
  cutoff: RowCutoff,
): NamedQuery<Record<string, never>, { rows: string }> {
  return {
    name: `${pipeline} quarantine rows to purge`,
    toSql: () =>
      `SELECT count() AS rows FROM ${qualifiedName(quarantineTable(pipeline))} WHERE ${rowsBeforeSql(cutoff)}`,
  };
}

/** @throws Retriable('clickhouse_unreachable') or ClickHouseRefused */
export async function countRows(clickhouse: ClickHouse, pipeline: string, cutoff: RowCutoff): Promise<number> {
  const [counted] = await runQuery(clickhouse, countRowsQuery(pipeline, cutoff), {});
  return Number(counted?.rows ?? 0);
}

/** Resolves when the rows cannot be seen any more; the next merges of their parts take them off the disk. */
export async function deleteRows(clickhouse: ClickHouse, pipeline: string, cutoff: RowCutoff): Promise<void> {
  try {
    await clickhouse.command({
      query: `DELETE FROM ${qualifiedName(quarantineTable(pipeline))} WHERE ${rowsBeforeSql(cutoff)}`,
      // All replicas, where there are any.
      clickhouse_settings: { lightweight_deletes_sync: '2' },
    });
  } catch (error) {
    throw classifyClickHouseError(error, `deleting rows of ${pipeline}'s quarantine`);
  }
}
