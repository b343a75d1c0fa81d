import type { AlertNotice, ReceiverRequest } from './alert-notice.js';
import { alertmanagerRequest } from './alertmanager-request.js';
import type { ReceiverSettings } from './receiver-settings.js';
import { slackRequest } from './slack-request.js';
import { webhookRequest } from './webhook-request.js';

export function requestOf(notice: AlertNotice, settings: ReceiverSettings, nowMs: number): ReceiverRequest {
  switch (settings.kind) {
    case 'webhook':
      return webhookRequest(notice, settings);
    case 'slack':
      return slackRequest(notice, settings);
    case 'alertmanager':
      return alertmanagerRequest(notice, settings, nowMs);
  }
}
