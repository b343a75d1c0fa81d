import type { Measurement } from '#contracts';
import { evidenceSelect, sliceOf, slicesOf, toEvidence } from './evidence.js';

const MEASUREMENT: Measurement = {
  metric: 'psi',
  subject: 'price',
  slice: '',
  value: 0.3,
  referenceValue: null,
  low: 0.2,
  high: 0.4,
  pValue: 1e-9,
  qValue: 1e-8,
  rows: 500,
  referenceRows: 2_000,
  coverage: null,
  verdict: 'warning',
  threshold: 0.2,
  recovered: false,
  explanation: 'PSI of price is 0.3, above 0.2',
};

const A_SLICE = {
  slice: 'region=NSW',
  value: 0.9,
  rows: '120',
  event_id: '',
  trace_id: '',
  partition: -1,
  offset: '-1',
};
const AN_EXAMPLE = { slice: '', value: null, rows: '1', event_id: 'e-7', trace_id: 'ab', partition: 2, offset: '31' };

describe('evidence', () => {
  it('takes slices and examples apart, each in its order, beside what was measured', () => {
    const rows = [
      AN_EXAMPLE,
      A_SLICE,
      { ...A_SLICE, slice: 'region=VIC', value: 0.1 },
      { ...AN_EXAMPLE, event_id: 'e-8' },
    ];
    expect(toEvidence(MEASUREMENT, rows)).toEqual({
      rows: 500,
      reference_rows: 2_000,
      reference_value: null,
      low: 0.2,
      high: 0.4,
      p_value: 1e-9,
      slices: [
        { slice: 'region=NSW', value: 0.9, rows: 120 },
        { slice: 'region=VIC', value: 0.1, rows: 120 },
      ],
      examples: [
        { event_id: 'e-7', trace_id: 'ab', partition: 2, offset: 31 },
        { event_id: 'e-8', trace_id: 'ab', partition: 2, offset: 31 },
      ],
    });
  });

  it('leaves out slices without a value', () => {
    expect(toEvidence(MEASUREMENT, [{ ...A_SLICE, value: null }])).toMatchObject({ slices: [], examples: [] });
  });

  it('is one SELECT of both kinds, or of the one that there is', () => {
    expect(evidenceSelect({ slices: 'SELECT 1', examples: 'SELECT 2' }).match(/UNION ALL/g)).toHaveLength(1);
    expect(evidenceSelect({ examples: 'SELECT 2' })).not.toContain('UNION ALL');
  });

  it('asks for no slices where the pipeline names none', () => {
    expect(slicesOf({ slices: [] }, 't', 'avg(score)', { minRows: 10 })).toBeUndefined();
  });

  it('spells columns with odd names', () => {
    expect(sliceOf(['region', "it's"])).toBe(
      "arrayJoin([concat('region=', ifNull(toString(region), 'null')), concat('it\\'s=', ifNull(toString(`it's`), 'null'))])",
    );
  });
});
