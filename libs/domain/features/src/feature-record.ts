import type { FeatureValue } from './compile-features.js';

/** The served features by name, as the prediction record holds them. */
export type FeatureRecord = Readonly<Record<string, FeatureValue>>;

/** Names the values of a row. Every record has its fields in the same order, which keeps encoding them fast. */
export function featureRecordOf(names: readonly string[], values: readonly FeatureValue[]): FeatureRecord {
  const record: Record<string, FeatureValue> = {};
  for (let i = 0; i < names.length; i++) record[names[i]!] = values[i]!;
  return record;
}
