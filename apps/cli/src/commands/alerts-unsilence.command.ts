import type { Command } from 'commander';
import { coveredBy, standingSilences } from '../alerts/alert-controls.js';
import { watchedPipelines } from '../alerts/read-alerts.js';
import { withConnections } from '../connections/connections.js';
import { CliFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

export function registerAlertsUnsilence(alerts: Command): void {
  const command = alerts
    .command('unsilence')
    .description('end a silence; what it kept quiet and still fires is told')
    .argument('<id>', 'as `alerts list` shows it');
  withExamples(withJson(command), ['eddyline alerts unsilence 3f9c01ab']).action(
    (id: string, options: { json?: boolean }) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
          const catalog = await connections.alertControls();
          const pipelines = await watchedPipelines(connections);
          const standing = pipelines.flatMap(({ definition }) =>
            standingSilences(catalog.controls(definition.name), Date.now()),
          );
          const silence = standing.find((one) => one.id === id);
          if (silence === undefined) {
            const known = standing.map((one) => one.id).join(', ');
            throw new CliFailure(`no silence ${id} is in force (there are: ${known || 'none'})`);
          }
          await connections.control().removeAlertControls([silence]);
          reporter.result({ ok: true, silence });
          reporter.line(`${silence.pipeline}: ${coveredBy(silence)} is heard again`);
        }),
      ),
  );
}
