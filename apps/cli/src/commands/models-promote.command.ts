import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { appoint } from '../models/register-model.js';
import { CliFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { userName } from '../terminal/user-name.js';

export function registerModelsPromote(models: Command): void {
  const command = models
    .command('promote')
    .description('let a registered version serve')
    .argument('<pipeline>')
    .argument('<version>')
    .option('--reason <text>', 'for whoever asks later why', 'promoted by hand');
  withExamples(withJson(command), ['eddyline models promote electricity 2 --reason "better on last week"']).action(
    (pipeline: string, wanted: string, options: { json?: boolean; reason: string }) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
          const { definition } = await connections.pipeline(pipeline);
          const catalog = await connections.models();
          const versions = catalog.versions(pipeline);
          const version = versions.find((one) => one.version === wanted);
          if (!version) {
            const known = versions.map((one) => one.version).join(', ') || 'none';
            throw new CliFailure(`${pipeline} has no model version ${wanted} (registered: ${known})`);
          }
          const features = definition.features.map(({ name }) => name);
          if (version.features.join() !== features.join()) {
            throw new CliFailure(
              `version ${wanted} was registered for the features ${version.features.join(', ')}; ` +
                `the pipeline now gives ${features.join(', ')}: register a model made for them`,
            );
          }
          const before = catalog.champion(pipeline)?.version.version;
          if (before === wanted) {
            reporter.line(`version ${wanted} serves already`);
            return reporter.result({ ok: true, changed: false, version: wanted });
          }
          const by = { name: userName(), now: () => new Date() };
          const serving = appoint(catalog.serving(pipeline), version, options.reason, by);
          await connections.control().publishRegistryEntry(serving);
          reporter.line(
            `${pipeline}: version ${wanted} is champion${before === undefined ? '' : `, before it ${before}`}`,
          );
          reporter.result({
            ok: true,
            changed: true,
            version: wanted,
            before: before ?? null,
            since: serving.champion!.since,
          });
        }),
      ),
  );
}
