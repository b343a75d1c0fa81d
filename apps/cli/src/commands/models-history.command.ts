import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { describeEvent } from '../lifecycle/describe-event.js';
import { readLifecycleEvents } from '../lifecycle/read-events.js';
import { recentEvents } from '../lifecycle/recent-events.js';
import { positiveInteger, since } from '../terminal/option-parsers.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface HistoryOptions {
  readonly json?: boolean;
  readonly since?: number;
  readonly limit: number;
  readonly all?: boolean;
}

/** Looks at guards that found nothing, and at alerts that asked for nothing: of interest to whoever asks for all. */
const ROUTINE: ReadonlySet<string> = new Set(['guards_looked', 'alerts_seen']);

export function registerModelsHistory(models: Command): void {
  const command = models
    .command('history')
    .description("every decision about a pipeline's models, who took it, why, and on what evidence; oldest first")
    .argument('<pipeline>')
    .option('--since <time>', 'an ISO 8601 instant, or a duration back from now such as 2h', since)
    .option(
      '--limit <count>',
      'the newest so many, and of the older ones those that changed who serves',
      positiveInteger,
      50,
    )
    .option('--all', 'also looks at guards and alerts that changed nothing');
  withExamples(withJson(command), [
    'eddyline models history electricity',
    'eddyline models history electricity --since 1d --all',
    'eddyline models history electricity --json | jq ".[] | select(.change.kind == \\"rolled_back\\")"',
  ]).action((pipeline: string, options: HistoryOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        await connections.pipeline(pipeline);
        const all = await readLifecycleEvents(pipeline, connections);
        const wanted = all.filter(
          ({ at, change }) => at >= (options.since ?? -Infinity) && (options.all === true || !ROUTINE.has(change.kind)),
        );
        const shown = recentEvents(wanted, options.limit);
        reporter.result(shown);
        if (all.length === 0) return reporter.line(`nothing was decided yet about the models of ${pipeline}`);
        const left = wanted.length - shown.length;
        if (left > 0) reporter.note(`${left} older ones are left out: --limit ${wanted.length} shows them`);
        for (const event of shown) for (const line of describeEvent(event)) reporter.line(line);
      }),
    ),
  );
}
