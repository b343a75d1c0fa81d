import type { LogCut, MonitorTick, PipelineDefinition } from '#contracts';
import { FIRST_TICK, firstTickQuery, latestTicksQuery, toTicks, type EnginePorts } from '#domain/monitors';
import { boundedSelect, runQuery } from '#platform/clickhouse';
import type { Connections } from '../connections/connections.js';
import { CliFailure } from '../terminal/failure.js';
import { logEndsQuery } from './monitor.queries.js';

/** What a person waits for; the monitoring service has bounds of its own. */
const BOUNDS = { seconds: 60, memoryBytes: 4 * 1024 ** 3, resultRows: 1_000_000 };

/** The log as the engine asks it. */
export interface MonitoredLog extends EnginePorts {
  /** False: the log is looked at as it is now, as nobody noted what it held when a window became due. */
  readonly isTicking: boolean;
}

/**
 * Windows are cut as they were when they became due, so that figures are those of the monitoring service. Those that never
 * became due are cut by what the log holds now.
 */
export async function openMonitoredLog(
  definition: PipelineDefinition,
  connections: Connections,
): Promise<MonitoredLog> {
  const client = connections.clickhouse();
  const { name } = definition;
  const models = await connections.models();
  const references = new Map(models.versions(name).map(({ version, reference }) => [version, reference]));
  const select = (sql: string, of: string) =>
    boundedSelect(client, { sql, id: `eddyline-cli-${name}-${of}`, comment: { pipeline: name, monitor: of } }, BOUNDS);
  const ticksBy = async (sql: string): Promise<readonly MonitorTick[]> => {
    const answer = await select(sql, 'ticks');
    if (!answer.ok)
      throw new CliFailure(`${answer.reason}\nIs the pipeline applied as this release needs it? eddyline apply`);
    return toTicks(answer.rows);
  };
  const latest = (await ticksBy(latestTicksQuery(definition, 1)))[0];
  const now = nowTick(await cutNow(definition, connections), latest);
  return {
    isTicking: latest !== undefined,
    query: ({ sql, monitor }) => select(sql, monitor ?? 'engine'),
    ticks: {
      firstAt: async (clock, atLeastMs) =>
        latest === undefined ? now : ((await ticksBy(firstTickQuery(definition, clock, atLeastMs)))[0] ?? now),
    },
    referenceOf: (version) => references.get(version),
    nowMs: () => Date.now(),
  };
}

function nowTick(cut: LogCut, latest: MonitorTick | undefined): MonitorTick {
  return {
    tick: latest === undefined ? FIRST_TICK : latest.tick + 1,
    eventsClock: null,
    labelsClock: null,
    cut,
    tickedAt: Date.now(),
  };
}

async function cutNow({ name, label }: PipelineDefinition, connections: Connections): Promise<LogCut> {
  const rows = await runQuery(connections.clickhouse(), logEndsQuery(name, label !== undefined), {});
  const endsOf = (topic: string): readonly number[] => {
    const own = rows.filter((row) => row.topic === topic);
    const ends = Array.from({ length: Math.max(0, ...own.map(({ partition }) => partition + 1)) }, () => 0);
    for (const { partition, end } of own) ends[partition] = Number(end);
    return ends;
  };
  return { predictions: endsOf('predictions'), outcomes: endsOf('outcomes'), quarantine: endsOf('quarantine') };
}
