export { idempotencyKeyOf, isAtLeast, type AlertNotice, type ReceiverRequest } from './alert-notice.js';
export { ReceiverLane, type DeliveryResult, type LaneOptions } from './receiver-lane.js';
export { alertReceivers, RECEIVER_KINDS, type ReceiverKind, type ReceiverSettings } from './receiver-settings.js';
export { requestOf } from './request-of.js';
