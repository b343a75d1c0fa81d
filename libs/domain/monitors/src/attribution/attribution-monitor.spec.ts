import type { MonitorDefinition, PipelineDefinition } from '#contracts';
import type { MonitorContext, QueryRow } from '../monitor.js';
import { attributionMonitor } from './attribution-monitor.js';

const PIPELINE: PipelineDefinition = {
  name: 'grid-prices',
  event: { schema: { type: 'record', name: 'Reading', fields: [] }, id: 'id', key: 'key', time: 'at' },
  expectations: [],
  dedupeWindowMs: null,
  features: [],
  model: { task: 'regression', threshold: 0.5 },
  explain: { top: 3, sample: 0.01, when: null },
  topics: { partitions: 1, replicationFactor: 1, retentionMs: 1, maxMessageBytes: 1 },
};

const CONTEXT: MonitorContext = {
  window: { startMs: 60_000, endMs: 120_000 },
  cut: { predictions: [10, 20], outcomes: [], quarantine: [] },
  cutBefore: null,
  model: { version: '7', referenceRows: 0, calibration: null },
};

function aMonitor(changes: Partial<Extract<MonitorDefinition, { kind: 'attribution' }>> = {}, pipeline = PIPELINE) {
  return attributionMonitor(
    {
      kind: 'attribution',
      name: 'attribution',
      everyMs: 60_000,
      windowMs: 60_000,
      minRows: 100,
      fireAfter: 1,
      resolveAfter: 1,
      hysteresis: 0,
      rules: [{ metric: 'ndcg', below: 0.9 }],
      reference: 'first',
      delayMs: 0,
      ...changes,
    },
    pipeline,
  );
}

const row = (feature: string, reference: number, importance: number, over: QueryRow = {}): QueryRow => ({
  feature,
  rows: '500',
  reference_rows: '400',
  importance,
  reference_importance: reference,
  ...over,
});

/** The worked example of SageMaker Clarify's documentation. */
const REVERSED = [row('rank', 0.05, 0.7), row('gpa', 0.5, 0.2), row('sat', 0.7, 0.1)];

describe('what the attribution monitor makes of its figures', () => {
  it('alerts where other features decide, and says which', () => {
    const { measurements } = aMonitor().judge(REVERSED, CONTEXT, undefined);
    const [order, moved] = measurements;
    expect(order).toMatchObject({
      metric: 'ndcg',
      subject: '',
      verdict: 'warning',
      threshold: 0.9,
      rows: 500,
      referenceRows: 400,
      explanation:
        "NDCG of the order of the features is 0.6876, below 0.9; 500 explanations against 400 (the version's first window); rank makes up 70 %, before 4 %",
    });
    expect(moved).toMatchObject({ metric: 'total_variation', verdict: 'ok' });
    expect(moved!.value).toBeCloseTo(0.66, 12);
  });

  it('tells how much each feature matters, and how its share changed', () => {
    const { measurements } = aMonitor({ rules: [{ metric: 'share_change', above: 0.5 }] }).judge(
      REVERSED,
      CONTEXT,
      undefined,
    );
    const of = (metric: string) =>
      measurements.filter((one) => one.metric === metric).map(({ subject, value, referenceValue, verdict }) => [subject, value, referenceValue, verdict]); // prettier-ignore
    expect(of('importance')).toEqual([
      ['rank', 0.7, 0.05, 'ok'],
      ['gpa', 0.2, 0.5, 'ok'],
      ['sat', 0.1, 0.7, 'ok'],
    ]);
    expect(of('share_change').map(([subject, , , verdict]) => [subject, verdict])).toEqual([
      ['rank', 'info'],
      ['gpa', 'ok'],
      ['sat', 'ok'],
    ]);
  });

  it.each([
    ['nothing was explained', [], '0 rows are too few'],
    ['too little was explained', [row('sat', 1, 1, { rows: '99' })], '99 rows are too few'],
    [
      'there is too little to hold it against',
      [row('sat', 0, 1, { reference_rows: '99' })],
      "NDCG of the order of the features: 99 explanations are too few to hold it against (the version's first window)",
    ],
  ])('says nothing where %s', (_, rows, explanation) => {
    const [order] = aMonitor().judge(rows, CONTEXT, undefined).measurements;
    expect(order!.verdict).toBe('insufficient');
    expect(order!.explanation).toContain(explanation);
  });

  it('looks at the sample of one version, as far as its predictions were known', () => {
    const query = aMonitor().query(CONTEXT, undefined);
    expect(query).toContain('grid_prices');
    expect(query).toContain("model_version = '7' AND why = 'sample'");
    expect(query).toContain('prediction_offset < arrayElement([toInt64(10), toInt64(20)], prediction_partition + 1)');
    const chosenOnly = { ...PIPELINE, explain: { top: 3, sample: 0, when: 'true' } };
    expect(aMonitor({}, chosenOnly).query(CONTEXT, undefined)).not.toContain('why');
  });
});
