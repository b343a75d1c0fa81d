import type { Measurement, MetricRule, MonitorDefinition, PipelineDefinition } from '#contracts';
import type { MonitorContext, QueryRow } from '../monitor.js';
import { driftMonitor } from './drift-monitor.js';

const PIPELINE: PipelineDefinition = {
  name: 'grid',
  event: { schema: { type: 'record', name: 'Reading', fields: [] }, id: 'id', key: 'key', time: 'at' },
  expectations: [],
  dedupeWindowMs: null,
  features: [
    { name: 'price', type: 'number', kind: 'field', field: 'price' },
    { name: 'day', type: 'number', kind: 'cel', expression: '1.0' },
    { name: 'shop', type: 'string', kind: 'field', field: 'shop' },
  ],
  model: { task: 'binary-classification', threshold: 0.5 },
  topics: { partitions: 1, replicationFactor: 1, retentionMs: 1, maxMessageBytes: 1 },
};

const TRAINED: MonitorContext = {
  window: { startMs: 60_000, endMs: 120_000 },
  cut: { predictions: [10], outcomes: [], quarantine: [] },
  cutBefore: null,
  model: { version: '7', referenceRows: 20_000, calibration: null },
};

function aMonitor(rules: readonly MetricRule[], changes: Partial<Extract<MonitorDefinition, { kind: 'drift' }>> = {}) {
  return driftMonitor(
    {
      kind: 'drift',
      name: 'drift',
      everyMs: 60_000,
      windowMs: 60_000,
      minRows: 500,
      fireAfter: 2,
      resolveAfter: 2,
      hysteresis: 0,
      rules,
      reference: 'training',
      features: ['price', 'day', 'shop'],
      score: true,
      numeric: 'psi',
      categorical: 'jensen_shannon',
      falseDiscoveryRate: 0.01,
      ...changes,
    },
    PIPELINE,
  );
}

/** A subject's row of the query's answer, of one distribution with the reference where nothing else is said. */
function aRow(subject: string, changes: QueryRow = {}): QueryRow {
  return {
    subject,
    type: subject === 'shop' ? 'string' : 'number',
    reference_rows: '20000',
    rows: '1000',
    bins: '10',
    psi: 0.01,
    jensen_shannon: 0.04,
    chi_square: 0.01,
    kolmogorov_smirnov: 0.02,
    wasserstein: 0.03,
    unseen_ratio: 0,
    singleton_ratio: 0,
    reference_missing_ratio: 0,
    missing_ratio: 0,
    importance: 0.3,
    ...changes,
  };
}

function judge(monitor: ReturnType<typeof aMonitor>, rows: readonly QueryRow[], context = TRAINED) {
  const { measurements } = monitor.judge(rows, context, undefined);
  return (metric: string, subject: string): Measurement =>
    measurements.find((one) => one.metric === metric && one.subject === subject)!;
}

const ALERT: readonly MetricRule[] = [
  { metric: 'psi', above: 0.1 },
  { metric: 'jensen_shannon', above: 0.1 },
];

describe('what the drift monitor makes of its figures', () => {
  it('names what has drifted, by how much, against what, and how sure that is', () => {
    const figures = judge(aMonitor(ALERT), [aRow('score'), aRow('price', { psi: 0.25 }), aRow('day'), aRow('shop')]);
    expect(figures('psi', 'price')).toMatchObject({
      value: 0.25,
      verdict: 'warning',
      threshold: 0.1,
      rows: 1_000,
      referenceRows: 20_000,
      explanation:
        'PSI of price is 0.25, above 0.1; 1000 rows against 20000 (the rows that model 7 was trained on); no chance (q < 0.0001)',
    });
    expect(figures('psi', 'score').verdict).toBe('ok');
    expect(figures('psi', 'day').verdict).toBe('ok');
  });

  it('a shift of the score outranks that of a feature, and this one that hardly matters to the score', () => {
    const shifted = { psi: 0.25, jensen_shannon: 0.25 };
    const figures = judge(aMonitor(ALERT), [
      aRow('score', shifted),
      aRow('price', { ...shifted, importance: 0.1 }),
      aRow('day', { ...shifted, importance: 0.09 }),
      aRow('shop', { ...shifted, importance: null }),
    ]);
    expect(figures('psi', 'score').verdict).toBe('critical');
    expect(figures('psi', 'price').verdict).toBe('warning');
    expect(figures('psi', 'day').verdict).toBe('info');
    expect(figures('jensen_shannon', 'shop').verdict).toBe('info');
  });

  it('a large figure of few rows is chance: PSI 0.1 at a hundred rows', () => {
    const few = { rows: '100', psi: 0.15 };
    const figures = judge(aMonitor(ALERT, { minRows: 50 }), [aRow('price', few)]);
    expect(figures('psi', 'price')).toMatchObject({ verdict: 'ok', recovered: true, explanation: '' });
    expect(figures('psi', 'price').pValue).toBeGreaterThan(0.05);
  });

  it('among many subjects one must be surer: Benjamini and Hochberg', () => {
    const unlikely = { psi: 0.023, bins: '10' };
    const alone = judge(aMonitor([{ metric: 'psi', above: 0.02 }]), [aRow('price', unlikely)])('psi', 'price');
    const among = judge(aMonitor([{ metric: 'psi', above: 0.02 }]), [
      aRow('price', unlikely),
      aRow('score', { psi: 0.005 }),
      aRow('day', { psi: 0.005 }),
      aRow('shop', { jensen_shannon: 0.02 }),
    ])('psi', 'price');
    expect(alone.pValue).toBeCloseTo(among.pValue!, 12);
    expect(alone.qValue).toBeCloseTo(alone.pValue!, 12);
    expect(among.qValue).toBeCloseTo(4 * alone.pValue!, 12);
    expect([alone.verdict, among.verdict]).toEqual(['warning', 'ok']);
  });

  it('bounds hold for the chosen method, and for another where a rule names the subject', () => {
    const row = aRow('shop', { psi: 0.5, jensen_shannon: 0.05, chi_square: 0.5 });
    expect(judge(aMonitor(ALERT), [row])('psi', 'shop')).toMatchObject({ value: 0.5, verdict: 'ok', threshold: null });
    const named = [...ALERT, { metric: 'psi', subject: 'shop', above: 0.1 }];
    expect(judge(aMonitor(named), [row])('psi', 'shop').verdict).toBe('warning');
  });

  it('says what is plain to see: values that are missing, categories that are new', () => {
    const figures = judge(aMonitor(ALERT), [
      aRow('price', { psi: 9, missing_ratio: 1, reference_missing_ratio: 0.05 }),
      aRow('shop', { jensen_shannon: 0.4, unseen_ratio: 0.125 }),
    ]);
    expect(figures('psi', 'price').explanation).toContain('missing in 100 %, before in 5 %');
    expect(figures('jensen_shannon', 'shop').explanation).toContain('unseen categories in 12.5 %');
  });

  it.each([
    ['no rows', { rows: '0', psi: 0.3 }, 'PSI of price: 0 rows are too few'],
    ['too few rows', { rows: '499', psi: 0.3 }, 'PSI of price: 499 rows are too few'],
    [
      'nothing to hold them against',
      { reference_rows: '0', psi: 0.3 },
      'PSI of price: 0 rows are too few to hold it against (the window before)',
    ],
  ])('tells nothing by %s', (_what, changes, explanation) => {
    const figures = judge(aMonitor(ALERT), [aRow('price', changes)], { ...TRAINED, model: null });
    expect(figures('psi', 'price')).toMatchObject({ verdict: 'insufficient', recovered: false, explanation });
  });

  it('is held against the training rows of the model that scored, else against the window before', () => {
    const monitor = aMonitor(ALERT);
    expect(monitor.query(TRAINED, undefined)).toContain("grid.model_reference WHERE model_version = '7'");
    const before =
      "event_time >= fromUnixTimestamp64Milli(0, 'UTC') AND event_time < fromUnixTimestamp64Milli(60000, 'UTC')";
    for (const context of [
      { ...TRAINED, model: null },
      { ...TRAINED, model: { ...TRAINED.model!, referenceRows: 0 } },
    ]) {
      expect(monitor.query(context, undefined)).toContain(before);
      expect(monitor.query(context, undefined)).not.toContain('model_reference');
    }
    expect(aMonitor(ALERT, { reference: 'previous' }).query(TRAINED, undefined)).toContain(before);
  });

  it('refuses a feature that the pipeline does not have', () => {
    expect(() => aMonitor(ALERT, { features: ['prise'] })).toThrow('drift of "prise" cannot be told');
  });
});
