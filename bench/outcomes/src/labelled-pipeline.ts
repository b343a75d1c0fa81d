import type { LogTablesInput } from '#platform/clickhouse';
import { readingsWithLabels } from '../../src/readings.js';

export const FEATURES = Array.from({ length: 8 }, (_, i) => `reading_${i}`);

/** Eight features, and labels. */
export function labelledPipeline(name: string): LogTablesInput {
  const readings = FEATURES.map((feature) => ({ name: feature, type: 'number' as const }));
  return { name, ...readingsWithLabels(readings, { withinMs: 86_400_000 }) };
}
