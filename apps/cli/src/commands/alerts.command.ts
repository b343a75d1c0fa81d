import type { Command } from 'commander';
import { registerAlertsAck } from './alerts-ack.command.js';
import { registerAlertsList } from './alerts-list.command.js';
import { registerAlertsShow } from './alerts-show.command.js';
import { registerAlertsSilence } from './alerts-silence.command.js';
import { registerAlertsUnsilence } from './alerts-unsilence.command.js';

export function registerAlerts(program: Command): void {
  const alerts = program
    .command('alerts')
    .description('what the monitors of pipelines have raised: list it, look at it, silence it, take it up');
  registerAlertsList(alerts);
  registerAlertsShow(alerts);
  registerAlertsSilence(alerts);
  registerAlertsUnsilence(alerts);
  registerAlertsAck(alerts);
}
