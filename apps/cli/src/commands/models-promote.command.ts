import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { changeLoop } from '../lifecycle/change-loop.js';
import { servableVersion } from '../lifecycle/servable-version.js';
import { clockFor, decideServing, servingNews, wayOf, type WayOptions } from '../lifecycle/serve-version.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface PromoteOptions extends WayOptions {
  readonly json?: boolean;
  readonly reason: string;
}

export function registerModelsPromote(models: Command): void {
  const command = models
    .command('promote')
    .description("let a registered version serve: through the pipeline's rollout where its file declares one")
    .argument('<pipeline>')
    .argument('<version>')
    .option('--rollout', 'through the rollout, or not at all')
    .option('--at-once', 'past the rollout: it serves everything now, and what is under way ends')
    .option('--reason <text>', 'for whoever asks later why', 'promoted by hand');
  withExamples(withJson(command), [
    'eddyline models promote electricity 2 --reason "better on last week"',
    'eddyline models promote electricity 2 --at-once --reason "version 3 has the wrong unit"',
  ]).action((pipeline: string, wanted: string, options: PromoteOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const { definition } = await connections.pipeline(pipeline);
        const way = wayOf(options, definition);
        const hasChampion = (await connections.models()).champion(pipeline) !== undefined;
        const clock = await clockFor(way, definition, hasChampion, connections);
        const { reason } = options;
        const { before, after, events } = await changeLoop(connections, pipeline, clock, ({ record, versions }) => {
          servableVersion(definition, versions, wanted);
          return { decisions: decideServing(record, wanted, way, { definition, clock, reason }) };
        });
        const { champion, challenger } = after.serving;
        if (events.length === 0) reporter.line(`version ${wanted} serves already, or is on its way`);
        else reporter.line(servingNews(pipeline, wanted, before.record, after));
        reporter.result({
          ok: true,
          changed: events.length > 0,
          version: wanted,
          before: before.record.serving.champion?.version ?? null,
          champion: champion?.version ?? null,
          challenger: challenger?.version ?? null,
          since: champion?.since ?? null,
        });
      }),
    ),
  );
}
