import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import type { CompiledMonitor, MonitorContext } from '#domain/monitors';

/** Of one monitor's query, as ClickHouse's query log tells it; medians over the rounds. */
export interface MonitorCost {
  readonly monitor: string;
  readonly elapsedMs: number;
  /** Of all threads. */
  readonly cpuMs: number;
  readonly readRows: number;
  readonly memoryBytes: number;
  readonly measurements: number;
}

interface LoggedQuery {
  readonly id: string;
  readonly elapsedMs: number;
  readonly cpuMs: number;
  readonly readRows: number;
  readonly memoryBytes: number;
}

/** Runs every monitor of one window, in turn, `rounds` times, after a first time that is not counted. */
export async function measureMonitors(
  client: ClickHouseClient,
  monitors: readonly CompiledMonitor[],
  context: MonitorContext,
  rounds: number,
): Promise<readonly MonitorCost[]> {
  const run = randomUUID();
  const measurements = new Map<string, number>();
  for (let round = 0; round <= rounds; round++) {
    for (const monitor of monitors) {
      const { name } = monitor.definition;
      const query = monitor.query(context, undefined);
      const answer = await client.query({ query, format: 'JSONEachRow', query_id: `${run}/${name}/${round}` });
      const { measurements: found } = monitor.judge(await answer.json(), context, undefined);
      measurements.set(name, found.length);
    }
  }
  const logged = await queriesOf(client, run);
  return monitors.map(({ definition: { name } }) => {
    const counted = logged.filter(({ id }) => id.startsWith(`${run}/${name}/`) && !id.endsWith('/0'));
    if (counted.length !== rounds)
      throw new Error(`the query log has ${counted.length} of ${rounds} queries of ${name}`);
    const median = (value: (one: LoggedQuery) => number): number =>
      counted.map(value).toSorted((a, b) => a - b)[Math.floor(counted.length / 2)]!;
    return {
      monitor: name,
      elapsedMs: median(({ elapsedMs }) => elapsedMs),
      cpuMs: median(({ cpuMs }) => cpuMs),
      readRows: median(({ readRows }) => readRows),
      memoryBytes: median(({ memoryBytes }) => memoryBytes),
      measurements: measurements.get(name)!,
    };
  });
}

async function queriesOf(client: ClickHouseClient, run: string): Promise<readonly LoggedQuery[]> {
  await client.command({ query: 'SYSTEM FLUSH LOGS' });
  const answer = await client.query({
    query:
      'SELECT query_id AS id, toFloat64(query_duration_ms) AS elapsedMs, ' +
      "ProfileEvents['OSCPUVirtualTimeMicroseconds'] / 1000 AS cpuMs, " +
      'toFloat64(read_rows) AS readRows, toFloat64(memory_usage) AS memoryBytes ' +
      `FROM system.query_log WHERE type = 'QueryFinish' AND startsWith(query_id, '${run}/')`,
    format: 'JSONEachRow',
  });
  return answer.json<LoggedQuery>();
}
