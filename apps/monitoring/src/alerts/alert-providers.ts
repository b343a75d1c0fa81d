import type { Provider } from '@nestjs/common';
import { ALERT_DELIVERY } from '../ports.js';
import { AlertControls } from './alert-controls.js';
import { AlertReceivers } from './alert-receivers.js';
import { AlertRepeater } from './alert-repeater.js';
import { AlertState } from './alert-state.js';
import { ReceiverDelivery } from './receiver-delivery.js';

/** What tells people of alerts. */
export const ALERT_PROVIDERS: readonly Provider[] = [
  AlertControls,
  AlertReceivers,
  AlertState,
  AlertRepeater,
  { provide: ALERT_DELIVERY, useClass: ReceiverDelivery },
];
