import { type CardTransaction, CHANNELS, CURRENCIES } from './card-transaction.js';

export const MAX_AMOUNT = 50_000;
export const MAX_LATE_MS = 24 * 3_600_000;
export const MAX_AHEAD_MS = 5 * 60_000;

const currencies: ReadonlySet<string> = new Set(CURRENCIES);
const channels: ReadonlySet<string> = new Set(CHANNELS);

/** The eight rules. Bounds are inclusive, but for the amount, which is above zero. */
export function isValid(event: CardTransaction, nowMs: number): boolean {
  if (event.event_id === '') return false;
  if (event.card_id === '') return false;
  if (event.merchant_category === null) return false;
  if (event.amount === null || !(event.amount > 0 && event.amount <= MAX_AMOUNT)) return false;
  if (!currencies.has(event.currency)) return false;
  if (!channels.has(event.channel)) return false;
  if (!(event.hour >= 0 && event.hour <= 23 && event.day_of_week >= 0 && event.day_of_week <= 6)) return false;
  const lateMs = nowMs - event.event_time;
  return lateMs >= -MAX_AHEAD_MS && lateMs <= MAX_LATE_MS;
}
