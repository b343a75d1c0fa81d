import type { DatasetDefinition } from './dataset-columns.js';
import { trainingDataQuery } from './training-data-query.js';

const definition: DatasetDefinition = {
  name: 'power-grid',
  event: {
    schema: { type: 'record', name: 'Reading', fields: [] },
    id: 'reading',
    key: 'region',
    time: 'at',
  },
  features: [
    { name: 'price', type: 'number', kind: 'field', field: 'price' },
    { name: 'kind-of-day', type: 'string', kind: 'cel', expression: '"work"' },
  ],
};
const gates = {
  slices: { by: ['region', 'day'], worseBy: 0.1, minRows: 10 },
  fairness: { by: ['region'], atMost: 0.1, minRows: 10 },
} as unknown as DatasetDefinition['gates'];

describe('trainingDataQuery', () => {
  it('asks for features as served, the label that held by the clock, and the columns that gates slice by', () => {
    const range = { fromMs: 1_000, toMs: 9_000, labelsUntilMs: 8_000, maxRows: 500 };
    expect(trainingDataQuery({ ...definition, gates }, range))
      .toBe(`SELECT event_id, toUnixTimestamp64Milli(event_time) AS time_ms, label, feature_price, \`feature_kind-of-day\`, slice_region, slice_day
FROM (
  SELECT event_id, event_time, label, feature_price, \`feature_kind-of-day\`, ifNull(toString(region), 'null') AS slice_region, ifNull(toString(day), 'null') AS slice_day
  FROM power_grid.outcome_revisions
  WHERE event_time >= fromUnixTimestamp64Milli(1000, 'UTC') AND event_time < fromUnixTimestamp64Milli(9000, 'UTC') AND label_time <= fromUnixTimestamp64Milli(8000, 'UTC') AND role != 'shadow' AND isFinite(label)
  ORDER BY event_time DESC, event_id DESC, label_rank DESC
  LIMIT 1 BY event_time, event_id
  LIMIT 500
)
ORDER BY event_time, event_id`);
  });

  it('reaches to the ends of the log where no bound is given', () => {
    const query = trainingDataQuery(definition, { fromMs: null, toMs: null, labelsUntilMs: null, maxRows: 7 });
    expect(query).toContain(`WHERE role != 'shadow' AND isFinite(label)\n`);
    expect(query).toContain('LIMIT 7\n');
  });
});
