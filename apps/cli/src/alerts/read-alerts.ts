import type { AlertRecord, AppliedPipeline } from '#contracts';
import {
  alertChangesQuery,
  firingAlertsQuery,
  latestAlertsQuery,
  runQuery,
  toAlertRecord,
  deliveriesOfAlertQuery,
  type AlertDelivered,
} from '#platform/clickhouse';
import type { Connections } from '../connections/connections.js';
import { CliFailure, usageFailure } from '../terminal/failure.js';

export interface AlertSelection {
  readonly firingOnly: boolean;
  /** Noticed since, ms. */
  readonly sinceMs: number;
  readonly limit: number;
}

/** The pipelines that can have alerts: the one that is named, or all that watch themselves. */
export async function watchedPipelines(connections: Connections, name?: string): Promise<readonly AppliedPipeline[]> {
  if (name === undefined) {
    const catalog = await connections.pipelines();
    return catalog.list().filter(({ definition }) => definition.monitoring !== undefined);
  }
  const pipeline = await connections.pipeline(name);
  if (pipeline.definition.monitoring === undefined) {
    throw new CliFailure(`${name} has no alerts: its file declares no monitors (section monitor)`);
  }
  return [pipeline];
}

export async function readAlerts(
  connections: Connections,
  pipeline: string,
  { firingOnly, sinceMs, limit }: AlertSelection,
): Promise<readonly AlertRecord[]> {
  const client = connections.clickhouse();
  if (!firingOnly) {
    const rows = await runQuery(client, latestAlertsQuery(pipeline), { since_ms: sinceMs, limit });
    return rows.map(toAlertRecord);
  }
  const rows = await runQuery(client, firingAlertsQuery(pipeline), {});
  return rows
    .map(toAlertRecord)
    .filter(({ noticed_at }) => noticed_at >= sinceMs)
    .slice(0, limit);
}

export interface AlertHistory {
  /** In their order; at least one. */
  readonly changes: readonly AlertRecord[];
  readonly deliveries: readonly AlertDelivered[];
}

/** @throws CliFailure when there is no such alert */
export async function readAlert(connections: Connections, id: string): Promise<AlertHistory> {
  const pipeline = pipelineOf(id);
  await watchedPipelines(connections, pipeline);
  const client = connections.clickhouse();
  const rows = await runQuery(client, alertChangesQuery(pipeline), { id });
  if (rows.length === 0) {
    throw new CliFailure(
      `there is no alert ${id}; \`eddyline alerts list ${pipeline} --since 30d\` shows those there were`,
    );
  }
  const deliveries = await runQuery(client, deliveriesOfAlertQuery(pipeline), { id });
  return { changes: rows.map(toAlertRecord), deliveries };
}

/** An alert's id begins with its pipeline. */
function pipelineOf(id: string): string {
  const [pipeline = '', ...rest] = id.split('/');
  if (rest.length !== 5) throw usageFailure(`"${id}" is not the id of an alert: take it from \`eddyline alerts list\``);
  return pipeline;
}
