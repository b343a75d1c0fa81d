import type { PipelineDefinition } from '#contracts';
import { clockQuery } from '#domain/rollout';
import type { Connections } from '../connections/connections.js';
import { CliFailure, messageOf } from '../terminal/failure.js';

/** How far a pipeline's log is, in its own time. */
export type PipelineClock =
  | {
      readonly known: true;
      /** Event time, ms; null: the log has no event yet. */
      readonly ms: number | null;
      /** Labels that the log has, corrections too. */
      readonly labels: number;
    }
  | { readonly known: false; readonly reason: string };

/** As the loop itself tells the time. */
export async function readClock(definition: PipelineDefinition, connections: Connections): Promise<PipelineClock> {
  if (connections.addresses.clickhouseUrl === undefined) return { known: false, reason: 'CLICKHOUSE_URL is not set' };
  try {
    const result = await connections.clickhouse().query({ query: clockQuery(definition), format: 'JSONEachRow' });
    const [row] = await result.json<{ clock_ms: string | null; labels: string }>();
    const ms = row?.clock_ms ?? null;
    return { known: true, ms: ms === null ? null : Number(ms), labels: Number(row?.labels ?? 0) };
  } catch (error) {
    return { known: false, reason: messageOf(error) };
  }
}

/** For what is timed by it. @throws CliFailure */
export async function requireClock(
  definition: PipelineDefinition,
  connections: Connections,
  what: string,
): Promise<Extract<PipelineClock, { known: true }>> {
  const clock = await readClock(definition, connections);
  if (clock.known) return clock;
  throw new CliFailure(`${what} is timed by the log in ClickHouse, which did not answer: ${clock.reason}`);
}

/** For what happens at once, and is dated by it where it can be. */
export async function clockIfKnown(definition: PipelineDefinition, connections: Connections): Promise<number | null> {
  const clock = await readClock(definition, connections);
  return clock.known ? clock.ms : null;
}
