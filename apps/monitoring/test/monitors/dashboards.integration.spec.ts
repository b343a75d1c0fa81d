import type { ClickHouseClient } from '@clickhouse/client';
import type { MonitorDefinition, MonitorResult } from '#contracts';
import { BINARY_METRICS, FAIRNESS_METRICS, type MonitorContext } from '#domain/monitors';
import { MonitorLog } from '#platform/clickhouse';
import { testClickHouse, testClickHouseAsAnalyst } from '#platform/testing';
import { interpolate, queriesOf, readDashboards, variablesOf, type Chosen } from './support/grafana-queries.js';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

const HOUR = 3_600_000;
/** Long ago, as of a stream that is replayed. */
const START = Date.UTC(1998, 2, 1);
const WINDOWS = 3;
const STEP_MS = 10_000;
const ROWS = (WINDOWS * HOUR) / STEP_MS;
const RANGE = { fromMs: START - HOUR, toMs: START + WINDOWS * HOUR };

const COMMON = { ...A_MONITOR, everyMs: HOUR, windowMs: HOUR };
const LABELLED = { delayMs: 0, confidence: 0.95 };

const MONITORS: readonly MonitorDefinition[] = [
  {
    ...COMMON,
    name: 'quality',
    kind: 'quality',
    columns: ['price', 'feature_price', 'kind', 'feature_kind'],
    rules: [
      'missing_ratio',
      'out_of_range_ratio',
      'unseen_ratio',
      'flagged_ratio',
      'duplicate_ratio',
      'quarantine_ratio',
    ].map((metric) => ({ metric, above: 0.5 })),
  },
  {
    ...COMMON,
    name: 'drift',
    kind: 'drift',
    reference: 'training',
    features: ['price', 'kind'],
    score: true,
    numeric: 'wasserstein',
    categorical: 'psi',
    falseDiscoveryRate: 0.05,
    rules: [{ metric: 'wasserstein', above: 0.1 }],
  },
  {
    ...COMMON,
    ...LABELLED,
    name: 'performance',
    kind: 'performance',
    metrics: BINARY_METRICS,
    minCoverage: 0,
    rules: [{ metric: 'accuracy', below: 0.9 }],
  },
  { ...COMMON, name: 'estimate', kind: 'estimate', metrics: ['accuracy', 'roc_auc'] },
  { ...COMMON, name: 'concept', kind: 'concept', detector: { kind: 'adwin', delta: 0.002 } },
  {
    ...COMMON,
    ...LABELLED,
    name: 'fairness',
    kind: 'fairness',
    by: ['region'],
    metrics: FAIRNESS_METRICS,
    minGroup: 10,
    rules: [
      { metric: 'demographic_parity_difference', above: 0.1 },
      { metric: 'demographic_parity_ratio', below: 0.8 },
    ],
  },
  { ...COMMON, name: 'anomalies', kind: 'anomalies' },
  { ...COMMON, name: 'attribution', kind: 'attribution', reference: 'first', delayMs: 0 },
  { ...COMMON, name: 'labels', kind: 'labels' },
  { ...COMMON, name: 'system', kind: 'system' },
  {
    ...COMMON,
    name: 'money',
    kind: 'business',
    on: 'predictions',
    sql: 'SELECT avg(score) AS value FROM {predictions}',
  },
];

const DEFINITION = aMonitoredPipeline({
  features: [
    { name: 'price', type: 'number' },
    { name: 'kind', type: 'string' },
  ],
  fields: [{ name: 'region', type: 'string' }],
  expectations: [{ kind: 'range', name: 'price.range', field: 'price', min: 0, max: 0.9, on: 'flag' }],
  slices: ['region'],
  explain: { top: 3, sample: 0.1, when: null },
  monitors: MONITORS,
});

/** Of row `number`: after half of the time the model is wrong where it was right. */
const PREDICTION = {
  event_id: "concat('e', toString(number))",
  event_time: `fromUnixTimestamp64Milli(${START} + toInt64(number) * ${STEP_MS}, 'UTC')`,
  predicted_at: `fromUnixTimestamp64Milli(${START} + toInt64(number) * ${STEP_MS} + 40, 'UTC')`,
  published_at: `fromUnixTimestamp64Milli(${START} + toInt64(number) * ${STEP_MS} + 5, 'UTC')`,
  role: "'champion'",
  model: "'prices'",
  model_version: "'1'",
  score: '(number % 100) / 99',
  decision: "if(score >= 0.5, 'positive', 'negative')",
  price: 'if(number % 11 = 0, NULL, (number % 50) / 49)',
  kind: "if(number % 13 = 0, 'new', if(number % 2 = 0, 'a', 'b'))",
  region: "if(number % 3 = 0, 'north', 'south')",
  flags: "if(price > 0.9, ['price.range'], [])",
  pipeline_revision: '1',
};

const OUTCOME = {
  ...PREDICTION,
  label: `toFloat64((decision = 'positive') = (number < ${ROWS / 2} AND number % 5 != 0))`,
  label_time: 'event_time + INTERVAL 30 SECOND',
  label_revision: '1',
  label_rank: '65536',
  outcome_offset: 'number',
};

describe('the dashboards, as Grafana asks for them', () => {
  const dashboards = readDashboards();
  let log: MonitoredLog;
  let owner: ClickHouseClient;
  let analyst: ClickHouseClient;

  beforeAll(async () => {
    owner = testClickHouse();
    analyst = testClickHouseAsAnalyst();
    log = await MonitoredLog.create(DEFINITION);
    await log.generate('predictions', ROWS, { ...PREDICTION, log_offset: 'number' });
    for (const table of ['outcome_revisions', 'outcomes_latest']) await log.generate(table, ROWS, OUTCOME);
    const reference = { model_version: "'1'", row: 'number', score: '(number % 80) / 99', label: '1' };
    await log.generate('model_reference', 500, { ...reference, feature_price: 'number / 500', feature_kind: "'a'" });
    const { event_id, event_time, model_version } = PREDICTION;
    await log.generate('explanations', ROWS, {
      ...{ event_id, event_time, model_version, why: "'sample'", prediction_offset: 'number' },
      contributions: "[('price', (number % 50) / 49), ('kind', -0.25)]",
    });
    await log.generate('quarantine', 20, {
      stage: "'validation'",
      reason: "if(number % 2 = 0, 'range', 'schema')",
      message: "'refused'",
      topic: `'${DEFINITION.name}.events'`,
      quarantined_at: 'now64(3)',
      quarantine_offset: 'number',
    });
    await evaluate();
    await log.insert('alerts', ['drift', 'performance', 'fairness'].flatMap(anAlert));
  });

  afterAll(async () => {
    await log?.drop();
    await Promise.all([owner?.close(), analyst?.close()]);
  });

  /** What each monitor finds in each window, into the log, as the engine would. */
  async function evaluate(): Promise<void> {
    const results: MonitorResult[] = [];
    for (const { name, kind } of MONITORS) {
      let memory: unknown;
      for (let place = 0; place < WINDOWS; place++) {
        const window = { startMs: START + place * HOUR, endMs: START + (place + 1) * HOUR };
        const model = { version: '1', referenceRows: 500, calibration: null };
        const context: MonitorContext = { window, cut: WHOLE_LOG, cutBefore: null, model };
        const { measurements, query, clickhouseMs, memory: next } = await log.run(name, context, memory);
        memory = next;
        results.push(
          ...measurements.map((one) => ({
            ...one,
            monitor: name,
            kind,
            windowStart: window.startMs,
            windowEnd: window.endMs,
            evaluatedAt: Date.now(),
            durationMs: clickhouseMs,
            modelVersion: '1',
            pipelineRevision: 1,
            query,
          })),
        );
      }
    }
    await new MonitorLog(owner, DEFINITION.name).appendResults(results, 'dashboards');
  }

  /** Fires in the first window, resolves in the second. */
  function anAlert(kind: string): Record<string, unknown>[] {
    return ['firing', 'resolved'].map((state, place) => ({
      id: kind,
      kind,
      monitor: kind,
      metric: 'psi',
      subject: 'price',
      state,
      severity: 'warning',
      summary: 'PSI of price is 0.3, above 0.2',
      value: 0.3,
      threshold: 0.2,
      fired_at: START + HOUR,
      window_end: START + (place + 1) * HOUR,
      noticed_at: START + (place + 1) * HOUR,
      alert_offset: place,
    }));
  }

  /** As the analyst, who can only read. */
  async function ask(sql: string, chosen: Chosen) {
    const result = await analyst.query({ query: interpolate(sql, chosen, RANGE), format: 'JSON' });
    const { meta = [], data } = await result.json<Record<string, unknown>>();
    return { columns: meta, rows: data };
  }

  /** What Grafana has chosen when a dashboard is opened: the first of each, all where several can be. */
  async function openedWith(uid: string): Promise<Chosen> {
    const chosen: Record<string, readonly string[]> = {};
    for (const { name, sql, multi } of variablesOf(dashboards.find((one) => one.uid === uid)!)) {
      const { columns, rows } = await ask(sql, chosen);
      const values = rows.map((row) => String(row[columns[0]!.name]));
      expect([name, columns.length, values.length > 0]).toEqual([name, 1, true]);
      if (name === 'pipeline') expect(values).toContain(log.database);
      chosen[name] = name === 'pipeline' ? [log.database] : multi ? values : values.slice(0, 1);
    }
    return chosen;
  }

  it('choose what there is: by name of the monitor, first the statistic with bounds', async () => {
    expect(await openedWith('eddyline-drift')).toEqual({
      pipeline: [log.database],
      monitor: ['drift'],
      statistic: ['wasserstein'],
      feature: ['kind', 'price', 'score'],
      quality: ['quality'],
    });
    expect(await openedWith('eddyline-performance')).toMatchObject({
      metric: ['accuracy'],
      slice: ['region=north', 'region=south'],
    });
    expect(await openedWith('eddyline-fairness')).toMatchObject({
      attribute: ['region'],
      slice: ['region=north', 'region=south'],
    });
  });

  it.each(dashboards.flatMap(queriesOf).map((query) => [`${query.dashboard}: ${query.title}`, query] as const))(
    'show something in %s',
    async (_, { dashboard, sql, as }) => {
      const { columns, rows } = await ask(sql, await openedWith(dashboard));
      expect(rows.length).toBeGreaterThan(0);
      expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length);
      // What the datasource makes columns of without a word about it.
      for (const { type } of columns) {
        expect(type).toMatch(/^(LowCardinality\(|Nullable\()*(String|Bool|U?Int\d+|Float64|DateTime(64)?\b)/);
      }
      if (as === 'table') return;
      const times = rows.map(({ time }) => String(time));
      expect(columns.find(({ name }) => name === 'time')?.type).toMatch(/^DateTime/);
      expect(times).toEqual(times.toSorted());
      if (as === 'annotation') {
        expect(columns.map(({ name }) => name)).toEqual(['time', 'title', 'text', 'tags']);
        return;
      }
      // A long frame becomes a wide one: each time once for each text.
      expect(columns.slice(1).map(({ name, type }) => (type.includes('String') ? name : 'number'))).toEqual(
        columns.slice(1).map(({ name }) => (name === 'series' ? name : 'number')),
      );
      const points = rows.map(({ time, series }) => JSON.stringify([time, series]));
      expect(new Set(points).size).toBe(points.length);
    },
  );

  it('show bounds that are the rules’', async () => {
    const [bounds] = dashboards
      .flatMap(queriesOf)
      .filter(({ dashboard, title }) => dashboard === 'eddyline-drift' && title === '${statistic} by feature (B)');
    const { rows } = await ask(bounds!.sql, await openedWith('eddyline-drift'));
    expect(new Set(rows.map(({ series, value }) => `${String(series)} ${Number(value)}`))).toEqual(
      new Set(['bound 0.1 0.1']),
    );
  });

  it('show how often what was predicted came true, and how labels confuse it', async () => {
    const chosen = await openedWith('eddyline-performance');
    const asked = (start: string) => queriesOf(dashboards.find(({ uid }) => uid === 'eddyline-performance')!).find(({ title }) => title.startsWith(start))!; // prettier-ignore
    const confusion = (await ask(asked('Decided and labelled').sql, chosen)).rows;
    const [{ correct } = { correct: '' }] = await log.select<{ correct: string }>(
      `SELECT toString(countIf((decision = 'positive') = (label = 1))) AS correct FROM ${log.database}.outcomes`,
    );
    const counted = confusion.filter(({ decided, labelled }) => decided === labelled);
    expect(counted.reduce((sum, { events }) => sum + Number(events), 0)).toBe(Number(correct));
    expect(confusion.reduce((sum, { events }) => sum + Number(events), 0)).toBe(ROWS);

    const reliability = (await ask(asked('Reliability').sql, chosen)).rows;
    expect(reliability).toHaveLength(10);
    const [first] = reliability;
    expect(first).toMatchObject({ score: expect.stringMatching(/^0 – 0\.1 \(\d+\)$/) as string });
    expect(Number(first!['mean score'])).toBeCloseTo(0.045, 2);
  });

  it('show shares of scores that add up to all, now and in training', async () => {
    const [scores] = dashboards
      .flatMap(queriesOf)
      .filter(({ title }) => title.startsWith('Scores now and in training'));
    const { rows } = await ask(scores!.sql, await openedWith('eddyline-drift'));
    for (const column of ['now', 'training']) {
      expect(rows.reduce((sum, row) => sum + Number(row[column]), 0)).toBeCloseTo(1, 12);
    }
    expect(Number(rows.at(-1)!['now'])).toBeGreaterThan(0);
    expect(Number(rows.at(-1)!['training'])).toBe(0);
  });
});
