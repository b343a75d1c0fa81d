import type { Feature, PipelineDefinition } from '#contracts';

/** A feature that is a field of the event. */
export type Reading = Pick<Feature, 'name' | 'type'>;

/** Events that bring some readings each, and labels that say whether something happened. */
export function readingsWithLabels(
  readings: readonly Reading[],
  { withinMs }: { readonly withinMs: number },
): Required<Pick<PipelineDefinition, 'event' | 'features' | 'label'>> {
  return {
    event: {
      schema: {
        type: 'record',
        name: 'Reading',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'source', type: 'string' },
          { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
          ...readings.map(({ name, type }) => ({
            name,
            type: ['null', type === 'number' ? 'double' : 'string'],
            default: null,
          })),
        ],
      },
      id: 'id',
      key: 'source',
      time: 'at',
    },
    features: readings.map(({ name, type }) => ({ name, type, kind: 'field', field: name })),
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
      withinMs,
    },
  };
}
