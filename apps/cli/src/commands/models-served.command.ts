import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { withConnections } from '../connections/connections.js';
import { iso } from '../lifecycle/describe-event.js';
import { percent } from '../lifecycle/describe-rollout.js';
import { readLifecycleEvents } from '../lifecycle/read-events.js';
import { servedAt, servedAtQuery, type ServedAt, type ServedClock } from '../lifecycle/served-at.js';
import { parseSince } from '../terminal/quantities.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface ServedOptions {
  readonly json?: boolean;
  readonly at: number;
  readonly eventTime?: boolean;
}

export function registerModelsServed(models: Command): void {
  const command = models
    .command('served')
    .description('what served a pipeline at a time, since when and why, and the query that asks ClickHouse the same')
    .argument('<pipeline>')
    .option('--at <time>', 'an ISO 8601 instant, or a duration back from now such as 2h', instant, Date.now())
    .option('--event-time', "the time is meant by the pipeline's own clock, not by that of the machines");
  withExamples(withJson(command), [
    'eddyline models served electricity --at 2026-11-17T12:00:00Z',
    'eddyline models served electricity --at 1997-09-01T00:00:00Z --event-time',
  ]).action((pipeline: string, options: ServedOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        await connections.pipeline(pipeline);
        const clock: ServedClock = options.eventTime === true ? 'event' : 'wall';
        const events = await readLifecycleEvents(pipeline, connections);
        const served = servedAt(events, options.at, clock);
        const query = servedAtQuery(pipeline, options.at, clock);
        for (const line of describe(pipeline, options.at, clock, served)) reporter.line(line);
        reporter.line();
        for (const line of query.split('\n')) reporter.line(line);
        reporter.result({ pipeline, at: new Date(options.at).toISOString(), clock, served, query });
      }),
    ),
  );
}

function describe(pipeline: string, atMs: number, clock: ServedClock, served: ServedAt | null): readonly string[] {
  const at = `${iso(atMs)}${clock === 'event' ? ' of the data' : ''}`;
  if (served?.champion == null) return [`${pipeline}: no model served at ${at}`];
  const { champion, challenger, share, since, sinceClock, by, why } = served;
  const rest = challenger === null || share === 0 ? '' : ` of ${percent(1 - share)} of the keys`;
  return [
    `${pipeline} at ${at}`,
    `  champion    version ${champion}${rest}`,
    ...(challenger === null
      ? []
      : [`  challenger  version ${challenger}, ${share === 0 ? 'in the shadow' : `of ${percent(share)} of the keys`}`]),
    `  since       ${iso(since)}${sinceClock === null ? '' : ` (data: ${iso(sinceClock)})`} by ${by}`,
    `  why         ${why}`,
  ];
}

function instant(text: string): number {
  const ms = parseSince(text, Date.now());
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError(
    'Expected a time such as 2026-01-31T12:00:00Z, or a duration back from now such as 2h.',
  );
}
