import type { LabelDefinition, MonitorDefinition, PipelineDefinition } from '#contracts';
import { parsePipelineFile } from './index.js';

const EVENT_SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: 'double' },
    { name: 'region', type: 'string' },
    { name: 'score', type: 'double' },
    { name: 'tags', type: { type: 'array', items: 'string' } },
  ],
});

const LABEL_SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Verdict',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'number', type: 'long' },
    { name: 'region', type: 'string' },
    { name: 'at', type: 'string' },
    { name: 'known_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'up', type: 'boolean' },
    { name: 'amount', type: 'double' },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['GOOD', 'BAD', 'UGLY'] } },
    { name: 'maybe', type: ['null', 'int'] },
    { name: 'revision', type: 'int' },
  ],
});

interface Parts {
  readonly task?: string;
  readonly label?: string;
  readonly monitor?: string;
}

function fileOf({ task = 'binary-classification', label, monitor }: Parts): string {
  return `name: readings
event: { schema: event.avsc, id: id, key: region, time: at }
features: [price, region, { name: twice, cel: "event.price * 2" }]
model: { task: ${task} }
${label === undefined ? '' : `label: ${label}\n`}${monitor === undefined ? '' : `monitor:\n  ${monitor.replaceAll('\n', '\n  ')}\n`}`;
}

function definitionOf(parts: Parts): PipelineDefinition {
  const parsed = parsePipelineFile(fileOf(parts), EVENT_SCHEMA, LABEL_SCHEMA);
  if (!parsed.ok) throw new Error(parsed.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return parsed.definition;
}

function reportOf(parts: Parts, labelSchema = LABEL_SCHEMA): readonly string[] {
  const parsed = parsePipelineFile(fileOf(parts), EVENT_SCHEMA, labelSchema);
  return parsed.ok ? [] : parsed.errors.map(({ path, message }) => `${path}: ${message}`);
}

const BY_ID = '{ schema: label.avsc, id: id, field: up }';

describe('a label section', () => {
  it('has every default in place', () => {
    expect(definitionOf({ label: BY_ID }).label).toEqual({
      schema: JSON.parse(LABEL_SCHEMA) as object,
      match: { by: 'id', field: 'id' },
      field: 'up',
      values: { kind: 'boolean' },
      time: null,
      revision: null,
      withinMs: 604_800_000,
    });
  });

  it.each<[string, string, Partial<LabelDefinition>]>([
    [
      'binary-classification',
      '{ schema: l, key: region, eventTime: at, field: amount, time: known_at, revision: revision, within: 2h }',
      {
        match: { by: 'key_and_time', key: 'region', time: 'at' },
        values: { kind: 'number' },
        time: 'known_at',
        revision: 'revision',
        withinMs: 7_200_000,
      },
    ],
    [
      'binary-classification',
      '{ schema: l, id: id, field: kind, classes: [GOOD, BAD] }',
      { values: { kind: 'classes', classes: ['GOOD', 'BAD'] } },
    ],
    [
      'binary-classification',
      '{ schema: l, id: id, field: number, classes: [-1, 1] }',
      { values: { kind: 'classes', classes: ['-1', '1'] } },
    ],
    [
      'multiclass-classification',
      '{ schema: l, id: id, field: kind }',
      { values: { kind: 'classes', classes: ['GOOD', 'BAD', 'UGLY'] } },
    ],
    ['regression', '{ schema: l, id: id, field: amount }', { values: { kind: 'number' } }],
  ])('for %s: %s', (task, label, expected) => {
    expect(definitionOf({ task, label }).label).toMatchObject(expected);
  });

  it.each<[string, string, ...string[]]>([
    [
      'binary-classification',
      '{ schema: l, id: idd, field: upp, time: amount, revision: maybe, within: 0s }',
      'label.id: the label has no field "idd"; did you mean "id"?',
      'label.field: the label has no field "upp"; did you mean "up"?',
      'label.time: `time` must be a timestamp-millis, timestamp-micros or ISO 8601 string; "amount" is double',
      'label.revision: `revision` may never be null; "maybe" is null or int',
      'label.within: must be more than 0: labels need time to come back',
    ],
    [
      'binary-classification',
      '{ schema: l, id: number, field: up }',
      `label.id: "number" is long, but the event's id "id" is string; they must be of one kind to be compared`,
    ],
    [
      'binary-classification',
      '{ schema: l, key: number, field: up }',
      'label: `eventTime` is missing: an event is found by its id, or by its key together with its time',
      `label.key: "number" is long, but the event's key "region" is string; they must be of one kind to be compared`,
    ],
    [
      'binary-classification',
      '{ schema: l, field: up }',
      'label: does not say whose label it is; add `id: <field>`, or `key: <field>` and `eventTime: <field>`',
    ],
    [
      'binary-classification',
      '{ schema: l, id: id, eventTime: at, field: kind }',
      'label.eventTime: has no effect beside `id`; leave one of the two out',
      'label.field: "kind" is enum; say what its values mean: classes: [GOOD, BAD]',
    ],
    [
      'binary-classification',
      '{ schema: l, id: id, field: kind, classes: [GOOD, GOD, GOOD] }',
      'label.classes: a binary classification has two: [negative, positive]; these are 3',
      'label.classes: has "GOOD" twice',
      'label.classes: "GOD" is not one of GOOD, BAD, UGLY, as "kind" is',
    ],
    [
      'regression',
      '{ schema: l, id: id, field: up, classes: [a, b] }',
      `label.field: a regression's label must be a number; "up" is boolean`,
      'label.classes: has no effect with `task: regression`; leave it out',
    ],
    [
      'binary-classification',
      '{ schema: l, id: id, fiel: up }',
      'label.fiel: unknown key "fiel"; did you mean "field"?',
      'label.field: "field" is missing; add it',
    ],
  ])('for %s that is wrong says all of it: %s', (task, label, ...expected) => {
    expect([...reportOf({ task, label })].sort()).toEqual([...expected].sort());
  });

  it('is held against its schema, and both schemas are told of', () => {
    expect(reportOf({ label: BY_ID }, '')).toEqual([
      expect.stringMatching(/^label.schema: the label schema is not JSON/),
    ]);
    const parsed = parsePipelineFile(fileOf({ label: BY_ID }), '{}', '{}');
    expect(parsed.ok ? [] : parsed.errors.map(({ path }) => path)).toEqual(['event.schema', 'label.schema']);
  });
});

describe('a monitor section', () => {
  const monitorsOf = (monitor: string, label?: string): readonly MonitorDefinition[] =>
    definitionOf({ monitor, ...(label === undefined ? {} : { label }) }).monitoring?.monitors ?? [];

  it('that is empty is a monitor with every default in place', () => {
    expect(definitionOf({ monitor: 'drift:' }).monitoring).toEqual({
      graceMs: 60_000,
      slices: [],
      receivers: [],
      monitors: [
        {
          kind: 'drift',
          name: 'drift',
          everyMs: 300_000,
          windowMs: 3_600_000,
          minRows: 500,
          fireAfter: 2,
          resolveAfter: 2,
          hysteresis: 0.1,
          rules: [
            { metric: 'psi', above: 0.2 },
            { metric: 'jensen_shannon', above: 0.2 },
            { metric: 'psi', above: 0.1, severity: 'warning' },
            { metric: 'jensen_shannon', above: 0.1, severity: 'warning' },
          ],
          reference: 'training',
          features: ['price', 'region', 'twice'],
          score: true,
          numeric: 'psi',
          categorical: 'jensen_shannon',
          falseDiscoveryRate: 0.01,
        },
      ],
    });
  });

  it('reads every kind, in one order', () => {
    const text = `business: [{ name: dear, sql: "SELECT avg(price) AS value FROM {outcomes}" }]
system:
labels:
anomalies:
fairness: { by: [region], metrics: [demographic_parity_difference, equalized_odds_ratio], alert: 0.1 }
concept:
estimate: { metrics: [accuracy] }
performance: { metrics: [roc_auc], delay: 2h, alert: { roc_auc: { below: 0.8 } } }
drift: { method: { numeric: kolmogorov_smirnov, categorical: chi_square }, reference: previous, score: false, alert: 0.3 }
quality: {}`;
    const monitors = monitorsOf(text, BY_ID);
    expect(monitors.map(({ name }) => name)).toEqual([
      'quality',
      'drift',
      'performance',
      'estimate',
      'concept',
      'fairness',
      'anomalies',
      'labels',
      'system',
      'dear',
    ]);
    expect(monitors.map(({ rules }) => rules)).toMatchObject([
      [{ metric: 'missing_ratio' }, {}, {}, {}, {}, {}, {}],
      [
        { metric: 'kolmogorov_smirnov', above: 0.3 },
        { metric: 'chi_square', above: 0.3 },
      ],
      [{ metric: 'roc_auc', below: 0.8 }],
      [],
      [{ metric: 'change', above: 0 }],
      [
        { metric: 'demographic_parity_difference', above: 0.1 },
        { metric: 'equalized_odds_ratio', below: 0.1 },
      ],
      [{ metric: 'distinct_scores' }, { metric: 'rate_ratio' }],
      [{ metric: 'orphan_ratio', severity: 'warning' }],
      [{ metric: 'error_ratio' }, { metric: 'error_ratio' }],
      [],
    ]);
    expect(monitors).toMatchObject([
      // The field `score` is called `event_score` in the log, whose `score` is the model's.
      { columns: ['price', 'region', 'event_score', 'feature_twice'] },
      { reference: 'previous', score: false },
      { delayMs: 7_200_000, minCoverage: 0.5, confidence: 0.95 },
      {},
      { detector: { kind: 'adwin', delta: 0.002 } },
      { by: ['region'], minGroup: 100 },
      {},
      {},
      {},
      { kind: 'business', on: 'outcomes', sql: 'SELECT avg(price) AS value FROM {outcomes}' },
    ]);
  });

  it('takes the pace of all unless a section says its own', () => {
    const monitors = monitorsOf(`every: 10m
window: 2h
minRows: 50
fireAfter: 3
quality:
system: { every: 1h, window: 1h, minRows: 2, fireAfter: 1 }
drift: { resolveAfter: 1, hysteresis: 0 }`);
    expect(
      monitors.map((one) => [one.everyMs, one.windowMs, one.minRows, one.fireAfter, one.resolveAfter, one.hysteresis]),
    ).toEqual([
      [600_000, 7_200_000, 50, 3, 2, 0.1],
      [600_000, 7_200_000, 50, 3, 1, 0],
      [3_600_000, 3_600_000, 2, 1, 2, 0.1],
    ]);
  });

  it('names severities and subjects, alerts before warnings', () => {
    const [quality] = monitorsOf(`quality:
  warn: { missing_ratio: { above: 0.1, of: twice } }
  alert: { missing_ratio: [{ above: 0.5 }, { above: 0.01, of: score, severity: critical }], quarantine_ratio: { above: 1, of: range } }`);
    expect(quality?.rules).toEqual([
      { metric: 'missing_ratio', above: 0.5 },
      { metric: 'missing_ratio', subject: 'event_score', above: 0.01, severity: 'critical' },
      { metric: 'quarantine_ratio', subject: 'range', above: 1 },
      { metric: 'missing_ratio', subject: 'feature_twice', above: 0.1, severity: 'warning' },
    ]);
  });

  it('bounds another distance of one feature, and the score by its name', () => {
    const [drift] = monitorsOf(
      'drift: { alert: { psi: { above: 1 }, wasserstein: { above: 2, of: price }, kolmogorov_smirnov: { above: 0.5, of: score } } }',
    );
    expect(drift?.rules).toEqual([
      { metric: 'psi', above: 1 },
      { metric: 'wasserstein', subject: 'price', above: 2 },
      { metric: 'kolmogorov_smirnov', subject: 'score', above: 0.5 },
    ]);
  });

  it.each<[string, ...string[]]>([
    ['{}', 'monitor: watches nothing; add a section, e.g. `quality: {}` or `drift: {}`'],
    [
      'drif: {}\ngrace: 1x\nquality: { columns: [prize, tags, price, price] }',
      'monitor.drif: unknown key "drif"; did you mean "drift"?',
      'monitor.grace: not a duration; write a whole number and a unit: 500ms, 30s, 10m, 6h or 7d, found "1x"',
      'monitor.quality.columns[0]: there is no field or feature "prize"; did you mean "price"?',
      'monitor.quality.columns[1]: "tags" is array, which has no single value',
      'monitor.quality.columns[3]: "price" comes twice; leave one out',
    ],
    [
      'performance: {}\nconcept: {}\nlabels: {}\nquality: {}',
      'monitor.performance: needs labels, and the file has no section `label`; add one, or leave this section out',
      'monitor.concept: needs labels, and the file has no section `label`; add one, or leave this section out',
      'monitor.labels: needs labels, and the file has no section `label`; add one, or leave this section out',
    ],
    [
      'drift: { features: [pric], method: { numeric: ks }, alert: { psii: { above: 1 } } }',
      'monitor.drift.method.numeric: expected one of psi, jensen_shannon, kolmogorov_smirnov, wasserstein, found "ks"',
    ],
    [
      'drift: { features: [pric], alert: { psii: { above: 1 }, wasserstein: { above: 1 }, psi: { of: twic, above: 1 } } }',
      'monitor.drift.features[0]: there is no feature "pric"; did you mean "price"?',
      'monitor.drift.alert.psii: drift has no metric "psii"; did you mean "psi"?',
      'monitor.drift.alert.wasserstein: "wasserstein" is not measured here; choose it as `method`, say `of` which feature, or leave the bound out',
      'monitor.drift.alert.psi.of: it does not look at "twic"; it looks at pric, score',
    ],
    [
      'estimate: { metrics: [acuracy], warn: { accuracy: {} }, alert: { roc_auc: { above: 0.1, below: 0.2 } } }',
      'monitor.estimate.metrics[0]: estimate has no metric "acuracy"; did you mean "accuracy"?',
      'monitor.estimate.warn.accuracy: "accuracy" is not measured here; add it to `metrics`, or leave the bound out',
      'monitor.estimate.warn.accuracy: bounds nothing; add `above: <number>` or `below: <number>`',
      'monitor.estimate.alert.roc_auc: "roc_auc" is not measured here; add it to `metrics`, or leave the bound out',
      'monitor.estimate.alert.roc_auc: every value is above 0.1 or below 0.2; swap them',
    ],
    [
      'quality: { warn: { missing_ratio: 0.2 } }\nsystem: { alert: { error_ratio: { abov: 1 } } }',
      'monitor.quality.warn.missing_ratio: expected a bound { above: … } or { below: … }, or a list of such, found 0.2',
      'monitor.system.alert.error_ratio.abov: unknown key "abov"; did you mean "above"?',
    ],
    ['fairness:', 'monitor.fairness: does not say between whom; add `by: [<field or feature>]`'],
    [
      'slices: [price, decisoin, twice]\nfairness: { by: [score], metrics: [equalized_odds_ratio] }',
      'monitor.slices[0]: "price" is double, nearly every row of which would be a group of its own; compute a coarser feature from it with `cel`',
      'monitor.slices[1]: there is no field or feature "decisoin"; did you mean "decision"?',
      'monitor.fairness.by[0]: "score" is double, nearly every row of which would be a group of its own; compute a coarser feature from it with `cel`',
      'monitor.fairness.metrics[0]: "equalized_odds_ratio" needs labels; add a section `label`, or use demographic parity',
    ],
    [
      'every: 2h\nquality: { window: 30m }\nsystem: { every: 0s }',
      'monitor.every: 2h is longer than the window of 1h: what lies between two windows would not be looked at; write `window` too',
      'monitor.quality.window: 30m is shorter than the 2h from one evaluation to the next: what lies between would not be looked at',
      'monitor.system.every: must be more than 0',
    ],
    [
      'business: [{ name: drift, sql: "DELETE FROM {prediction};" }, { name: a, sql: "SELECT 1" }, { name: a, sql: "SELECT 1 FROM {outcomes}" }]',
      'monitor.business[0].name: "drift" is the name of another monitor; choose another',
      'monitor.business[0].sql: must be a SELECT (or WITH … SELECT)',
      'monitor.business[0].sql: is one query: leave the semicolon out',
      'monitor.business[0].sql: there is no placeholder "prediction"; did you mean "predictions"?',
      'monitor.business[1].sql: reads no row of the window; write FROM {predictions} or FROM {outcomes}',
      'monitor.business[2].name: "a" is taken by business[1]; choose another',
      'monitor.business[2].sql: there are no outcomes without labels; add a section `label`, or read {predictions}',
    ],
  ])('that is wrong says all of it: %s', (monitor, ...expected) => {
    expect([...reportOf({ monitor })].sort()).toEqual([...expected].sort());
  });

  it('of a detector has only what that detector takes', () => {
    expect(reportOf({ label: BY_ID, monitor: 'concept: { delta: 2, alpha: 0.5 }' })).toEqual([
      'monitor.concept.delta: must be less than 1, found 2',
      'monitor.concept.alpha: is of `detector: page_hinkley`; leave it out, or choose that',
    ]);
  });

  it('of a regression has nothing to estimate and no decisions', () => {
    expect(reportOf({ task: 'regression', monitor: 'estimate: {}\nfairness: { by: [region] }' })).toEqual([
      "monitor.estimate: can't be had with `task: regression`: nothing of a regression's score says how sure it is; leave the section out",
      "monitor.fairness: can't be had with `task: regression`: it is about positive decisions, which a binary classification has; leave the section out",
    ]);
  });

  it('is not held against a label that is there but wrong', () => {
    expect(reportOf({ label: '{}', monitor: 'performance: {}' })).toEqual([
      'label.schema: "schema" is missing; add it',
      'label.field: "field" is missing; add it',
    ]);
  });
});
