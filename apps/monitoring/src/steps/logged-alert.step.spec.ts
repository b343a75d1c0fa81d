import type { StageRecord } from '#platform/kafka';
import { loggedAlertStep, type AlertValue } from './logged-alert.step.js';

const NOTHING = {
  rows: 0,
  reference_rows: null,
  reference_value: null,
  low: null,
  high: null,
  p_value: null,
  slices: [],
  examples: [],
};

function read(evidence: string) {
  const record = { value: { id: 'a', evidence }, partition: 1, offset: 7 } as unknown as StageRecord<AlertValue>;
  return loggedAlertStep(record);
}

describe('loggedAlertStep', () => {
  it('reads the evidence, and where the alert lies', () => {
    const evidence = {
      ...NOTHING,
      rows: 600,
      p_value: 0.001,
      slices: [{ slice: 'region=NSW', value: 0.4, rows: 30 }],
      examples: [{ event_id: 'e-1', trace_id: '', partition: 0, offset: 5 }],
    };
    expect(read(JSON.stringify(evidence))).toEqual({ record: { id: 'a', evidence }, partition: 1, offset: 7 });
  });

  it.each([
    ['no JSON', 'pi', NOTHING],
    ['no object', '3', NOTHING],
    ['other things', '{"rows":-1,"slices":[{"slice":3}],"low":"x","high":2}', { ...NOTHING, high: 2 }],
  ])('keeps what it can of evidence that is %s', (_, text, evidence) => {
    expect(read(text).record.evidence).toEqual(evidence);
  });
});
