import { databaseOf, type PipelineDefinition } from '#contracts';
import { compileMonitors, scheduleOf } from '#domain/monitors';
import type { Connections } from '../connections/connections.js';

/** Names of the monitors that have not evaluated the last window that is due by what is in the log. */
export async function monitorsBehind(
  definition: PipelineDefinition,
  connections: Connections,
): Promise<readonly string[]> {
  const clickhouse = connections.clickhouse();
  const ask = async <Row>(query: string): Promise<readonly Row[]> =>
    (await clickhouse.query({ query, format: 'JSONEachRow' })).json<Row>();
  const database = databaseOf(definition.name);
  // As far as all partitions have come: the clock by which windows become due.
  const clockOf = (table: string, partition: string, time: string): Promise<readonly { clock_ms: string }[]> =>
    ask(
      `SELECT min(latest) AS clock_ms FROM (SELECT max(toUnixTimestamp64Milli(${time})) AS latest FROM ${database}.${table} GROUP BY ${partition})`,
    );
  const [[events], [labels], done] = await Promise.all([
    clockOf('predictions', 'log_partition', 'event_time'),
    clockOf('outcome_revisions', 'outcome_partition', 'label_time'),
    ask<{ monitor: string; last_ms: string }>(
      `SELECT monitor, max(toUnixTimestamp64Milli(window_end)) AS last_ms FROM ${database}.monitor_results GROUP BY monitor`,
    ),
  ]);
  const lastOf = new Map(done.map(({ monitor, last_ms }) => [monitor, Number(last_ms)]));
  return compileMonitors(definition).flatMap((monitor) => {
    const { name, everyMs } = monitor.definition;
    const { lagMs } = scheduleOf(monitor.definition, { graceMs: definition.monitoring?.graceMs ?? 0 });
    const clockMs = Number((monitor.clock === 'events' ? events : labels)?.clock_ms ?? 0);
    const dueMs = Math.floor((clockMs - lagMs) / everyMs) * everyMs;
    return (lastOf.get(name) ?? -Infinity) >= dueMs ? [] : [name];
  });
}
