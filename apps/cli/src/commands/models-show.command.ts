import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { describeVersion } from '../models/describe-version.js';
import { knownVersion } from '../lifecycle/servable-version.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

export function registerModelsShow(models: Command): void {
  const command = models
    .command('show')
    .description('where a version comes from and what it has shown: trainer, data, metrics, gates, lineage')
    .argument('<pipeline>')
    .argument('<version>');
  withExamples(withJson(command), ['eddyline models show electricity 3']).action(
    (pipeline: string, wanted: string, options: { json?: boolean }) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
          await connections.pipeline(pipeline);
          const models = await connections.models();
          const version = knownVersion(pipeline, models.versions(pipeline), wanted);
          const serving = models.serving(pipeline);
          reporter.result({
            ...version,
            part:
              serving?.champion?.version === wanted
                ? 'champion'
                : serving?.challenger?.version === wanted
                  ? 'challenger'
                  : null,
          });
          for (const line of describeVersion(version, serving)) reporter.line(line);
        }),
      ),
  );
}
