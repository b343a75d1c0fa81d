import { type CardTransaction, CATEGORIES, CHANNELS, CURRENCIES } from './card-transaction.js';

export const FEATURES = 20;

const indexOf = (values: readonly string[]): ReadonlyMap<string, number> =>
  new Map(values.map((value, index) => [value, index]));
const currencies = indexOf(CURRENCIES);
const channels = indexOf(CHANNELS);
const categories = indexOf(CATEGORIES);

/**
 * Writes the 20 features of a valid event into `row`, from `offset` on. Categories are their index; one that is not
 * known is -1.
 */
export function writeFeatures(event: CardTransaction, row: Float32Array, offset = 0): void {
  const amount = event.amount ?? NaN;
  row[offset] = Math.log1p(amount);
  row[offset + 1] = amount / 100;
  row[offset + 2] = event.hour;
  row[offset + 3] = event.day_of_week;
  row[offset + 4] = event.is_chip ? 1 : 0;
  row[offset + 5] = currencies.get(event.currency) ?? -1;
  row[offset + 6] = channels.get(event.channel) ?? -1;
  row[offset + 7] = categories.get(event.merchant_category ?? '') ?? -1;
  row[offset + 8] = event.f1;
  row[offset + 9] = event.f2;
  row[offset + 10] = event.f3;
  row[offset + 11] = event.f4;
  row[offset + 12] = event.f5;
  row[offset + 13] = event.f6;
  row[offset + 14] = event.f7;
  row[offset + 15] = event.f8;
  row[offset + 16] = event.f9;
  row[offset + 17] = event.f10;
  row[offset + 18] = event.f11;
  row[offset + 19] = event.f12;
}
