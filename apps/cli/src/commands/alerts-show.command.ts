import type { Command } from 'commander';
import { describeAlert } from '../alerts/describe-alert.js';
import { listedAlerts } from '../alerts/listed-alert.js';
import { readAlert } from '../alerts/read-alerts.js';
import { withConnections } from '../connections/connections.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

export function registerAlertsShow(alerts: Command): void {
  const command = alerts
    .command('show')
    .description('one alert: what it rests on, its query, predictions to look at, its changes, and whom it was told')
    .argument('<id>', 'as `alerts list` shows it');
  withExamples(withJson(command), [
    "eddyline alerts show 'electricity/drift/psi/nsw_price//831211200000'",
    "eddyline alerts show 'electricity/drift/psi/nsw_price//831211200000' --json | jq -r .query",
  ]).action((id: string, options: { json?: boolean }) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
        const history = await readAlert(connections, id);
        const latest = history.changes.at(-1)!;
        const controls = (await connections.alertControls()).controls(latest.pipeline);
        const listed = listedAlerts([latest], controls, Date.now())[0]!;
        const { silence = null, acknowledgement = null } = listed;
        const changes = history.changes.map(({ query: _query, evidence: _evidence, ...change }) => change);
        reporter.result({ ...latest, silence, acknowledgement, changes, deliveries: history.deliveries });
        for (const line of describeAlert(listed, history)) reporter.line(line);
      }),
    ),
  );
}
