import type { Acknowledgement } from '#domain/alerts';
import type { Command } from 'commander';
import { publishControl } from '../alerts/alert-controls.js';
import { readAlert } from '../alerts/read-alerts.js';
import { withConnections } from '../connections/connections.js';
import { CliFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { userName } from '../terminal/user-name.js';

export function registerAlertsAck(alerts: Command): void {
  const command = alerts
    .command('ack')
    .description('take a firing alert up: it is not repeated; a rise of its severity and its end are told')
    .argument('<id>', 'as `alerts list` shows it')
    .requiredOption('--why <text>', 'what is being done');
  withExamples(withJson(command), [
    'eddyline alerts ack \'electricity/drift/psi/nsw_price//831211200000\' --why "retraining on last week"',
  ]).action((id: string, options: { json?: boolean; why: string }) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
        const { changes } = await readAlert(connections, id);
        const { pipeline, state, noticed_at } = changes.at(-1)!;
        if (state === 'resolved') {
          throw new CliFailure(
            `${id} was resolved at ${new Date(noticed_at).toISOString()}: there is nothing to take up`,
          );
        }
        const acknowledgement: Acknowledgement = {
          kind: 'acknowledgement',
          id,
          pipeline,
          at: Date.now(),
          by: userName(),
          reason: options.why,
        };
        await publishControl(connections, acknowledgement);
        reporter.result({ ok: true, acknowledgement });
        reporter.line(`${id} is taken up by ${acknowledgement.by}`);
      }),
    ),
  );
}
