import { databaseOf, type AlertRecord, type MonitorTick, type PipelineDefinition } from '#contracts';
import {
  compileMonitors,
  firstTickQuery,
  latestTicksQuery,
  simulate,
  TickHistory,
  toTicks,
  type EnginePorts,
  type SimulationStep,
} from '#domain/monitors';
import { boundedSelect, qualifiedName, runQuery, type NamedQuery } from '#platform/clickhouse';
import type { Connections } from '../connections/connections.js';
import { CliFailure } from '../terminal/failure.js';

/** What a query of a simulation may take; the monitoring service has bounds of its own. */
const BOUNDS = { seconds: 60, memoryBytes: 4 * 1024 ** 3, resultRows: 1_000_000 };
const TICKS_AT_FIRST = 5_000;
const CONCURRENCY = 2;

/** Event time, ms since epoch. */
export interface SimulationRange {
  readonly from?: number;
  readonly to?: number;
  /** Null: all that was recorded. */
  readonly warmUpMs: number | null;
}

export interface Simulation {
  readonly fromMs: number;
  readonly toMs: number;
  readonly windows: number;
  readonly alerts: readonly AlertRecord[];
  readonly failures: SimulationStep['failures'];
}

/**
 * Holds a pipeline file's monitors against the log as it was recorded under the pipeline's name.
 *
 * @throws CliFailure where nothing was recorded, or the file declares no monitors
 */
export async function simulateMonitors(
  definition: PipelineDefinition,
  { from, to, warmUpMs }: SimulationRange,
  connections: Connections,
  onStep: (step: { readonly windows: number; readonly done: number }) => void,
): Promise<Simulation> {
  const { name } = definition;
  if (definition.monitoring === undefined)
    throw new CliFailure(`${name} declares no monitors: there is nothing to simulate`);
  const { ports, history } = await recordedLog(definition, connections);
  const first = await ports.ticks.firstAt('events', -Infinity);
  const { latest } = history;
  if (first === null || latest === null) {
    throw new CliFailure(
      `nothing was recorded of ${name}: its monitors have not run yet (monitor_ticks of the database ${databaseOf(name)} is empty)`,
    );
  }
  const fromMs = from ?? -Infinity;
  const toMs = Math.min(to ?? Infinity, Math.max(latest.eventsClock!, latest.labelsClock ?? -Infinity));
  const applied = (await connections.pipelines()).get(name);
  const pipeline = { definition, revision: applied?.revision ?? 0, monitors: compileMonitors(definition) };
  const alerts: AlertRecord[] = [];
  const failures: SimulationStep['failures'][number][] = [];
  let windows = 0;
  const options = { fromMs, toMs, warmUpMs, concurrency: CONCURRENCY };
  for await (const step of simulate(ports, pipeline, latest, options)) {
    windows += step.windows;
    alerts.push(...step.alerts);
    failures.push(...step.failures);
    const startMs = warmUpMs === null ? first.eventsClock! : fromMs - warmUpMs;
    onStep({ windows, done: Math.min(1, Math.max(0, (step.atMs - startMs) / (toMs - startMs))) });
  }
  return { fromMs, toMs, windows, alerts, failures };
}

async function recordedLog(
  definition: PipelineDefinition,
  connections: Connections,
): Promise<{ readonly ports: EnginePorts; readonly history: TickHistory }> {
  const client = connections.clickhouse();
  const { name } = definition;
  const select = (sql: string, monitor: string) =>
    boundedSelect(
      client,
      { sql, id: `eddyline-simulate-${name}-${monitor}`, comment: { pipeline: name, monitor } },
      BOUNDS,
    );
  const ticks = async (sql: string): Promise<readonly MonitorTick[]> => {
    const answer = await select(sql, 'ticks');
    if (answer.ok) return toTicks(answer.rows);
    throw new CliFailure(`${answer.reason}\nIs ${name} applied, with monitors? eddyline apply`);
  };
  const history = new TickHistory(
    async (clock, atLeastMs) => (await ticks(firstTickQuery(definition, clock, atLeastMs)))[0] ?? null,
  );
  for (const tick of await ticks(latestTicksQuery(definition, TICKS_AT_FIRST))) history.add(tick);
  const models = (await connections.models()).versions(name);
  const ports: EnginePorts = {
    query: ({ sql, monitor }) => select(sql, monitor ?? 'engine'),
    ticks: history,
    referenceOf: (version) => models.find((model) => model.version === version)?.reference,
    nowMs: () => Date.now(),
  };
  return { ports, history };
}

/** A change of an alert, without what differs from one run to the next. */
export interface AlertFact {
  readonly id: string;
  readonly state: AlertRecord['state'];
  readonly severity: AlertRecord['severity'];
  readonly windowEnd: number;
  readonly value: number | null;
  readonly threshold: number | null;
}

/** The changes that were recorded. */
export async function recordedAlerts(
  { name }: PipelineDefinition,
  { fromMs, toMs }: Pick<Simulation, 'fromMs' | 'toMs'>,
  connections: Connections,
): Promise<readonly AlertFact[]> {
  const table = qualifiedName({ database: databaseOf(name), name: 'alerts' });
  const query: NamedQuery<{ from_ms: number; to_ms: number }, AlertFact & { readonly windowEnd: string }> = {
    name: `${name} recorded alerts`,
    toSql: () =>
      `SELECT id, state, severity, toUnixTimestamp64Milli(window_end) AS windowEnd, value, threshold FROM ${table}\n` +
      `WHERE window_end > fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND window_end <= fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')\n` +
      'ORDER BY window_end, id, state, noticed_at',
  };
  const rows = await runQuery(connections.clickhouse(), query, { from_ms: Math.max(fromMs, 0), to_ms: toMs });
  return rows.map((row) => ({ ...row, windowEnd: Number(row.windowEnd) }));
}
