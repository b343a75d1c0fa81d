import { idempotencyKeyOf, type AlertNotice, type ReceiverRequest } from './alert-notice.js';
import type { ReceiverSettings } from './receiver-settings.js';

/** The body is the alert's record as JSON, as it lies on `<p>.alerts`, with its evidence as an object. */
export function webhookRequest(notice: AlertNotice, { url, headers }: ReceiverSettings): ReceiverRequest {
  return {
    url,
    headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': idempotencyKeyOf(notice) },
    body: JSON.stringify(notice.alert),
  };
}
