import type { LogTablesInput } from '#platform/clickhouse';

export const FEATURES = Array.from({ length: 8 }, (_, i) => `reading_${i}`);

/** Eight features, and labels. */
export function labelledPipeline(name: string): LogTablesInput {
  return {
    name,
    event: {
      schema: {
        type: 'record',
        name: 'Reading',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'source', type: 'string' },
          { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
          ...FEATURES.map((feature) => ({ name: feature, type: 'double' as const })),
        ],
      },
      id: 'id',
      key: 'source',
      time: 'at',
    },
    features: FEATURES.map((feature) => ({ name: feature, type: 'number', kind: 'field', field: feature })),
    label: {
      schema: {
        type: 'record',
        name: 'Label',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'happened', type: 'boolean' },
        ],
      },
      match: { by: 'id', field: 'id' },
      field: 'happened',
      values: { kind: 'boolean' },
      time: null,
      revision: null,
      withinMs: 86_400_000,
    },
  };
}
