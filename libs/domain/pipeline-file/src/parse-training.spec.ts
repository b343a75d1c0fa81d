import { definitionOf, reportOf, type LoopParts } from './loop-files.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('a retrain section', () => {
  it('that is empty brings every default, and gates and a rollout in steps', () => {
    const { retrain, gates, rollout, explain, model } = definitionOf({ loop: 'retrain:' });
    expect(retrain).toEqual({
      triggers: [],
      coolDownMs: DAY,
      windowMs: null,
      minRows: 1_000,
      maxRows: 200_000,
      holdout: 0.2,
      folds: 5,
      search: null,
      calibration: 'none',
      seed: 1,
    });
    expect(gates).toEqual({
      metric: 'roc_auc',
      minGain: 0,
      confidence: 0.95,
      tolerance: 0.01,
      slices: null,
      fairness: null,
      maxLatencyMs: 50,
      maxSizeBytes: 100_000_000,
      maxFlipRate: 0.05,
      backtestRows: 10_000,
      replayTolerance: 1e-6,
    });
    expect(rollout).toEqual({
      steps: [
        { kind: 'shadow', holdMs: HOUR },
        { kind: 'canary', share: 0.05, holdMs: HOUR },
        { kind: 'canary', share: 0.5, holdMs: HOUR },
      ],
      guards: [
        { metric: 'brier', worseBy: 0.02, minRows: 200 },
        { metric: 'error_rate', worseBy: 0.01, minRows: 100 },
        { metric: 'latency_p99_ms', worseBy: 50, minRows: 200 },
        { metric: 'roc_auc', worseBy: 0.02, minRows: 200 },
      ],
      falseRollbackRate: 0.05,
      falsePromotionRate: null,
      minLabelled: 200,
      watchMs: DAY,
      deadlineMs: 9 * HOUR + 2 * DAY,
    });
    expect(explain).toBeUndefined();
    expect(model.trainer).toBeUndefined();
  });

  it('reads every trigger and everything that stands there', () => {
    const { retrain } = definitionOf({
      monitor: 'drift: {}, performance: {}, estimate: {}, concept: {}',
      loop: `retrain:
  on: [drift, { performance: critical }, { concept: info }, estimate, { labels: 5000 }, { schedule: "0 3 * * *" }]
  coolDown: 7d
  window: 90d
  minRows: 500
  maxRows: 9000
  holdout: 25%
  folds: 3
  search: { method: grid, trials: 8, space: { minRowsPerLeaf: [10, 20], leaves: [15, 31] } }
  calibration: isotonic
  seed: 7`,
    });
    expect(retrain).toEqual({
      triggers: [
        { on: 'drift', severity: 'warning' },
        { on: 'performance', severity: 'critical' },
        { on: 'concept', severity: 'info' },
        { on: 'estimate', severity: 'warning' },
        { on: 'labels', count: 5_000 },
        { on: 'schedule', cron: '0 3 * * *' },
      ],
      coolDownMs: 7 * DAY,
      windowMs: 90 * DAY,
      minRows: 500,
      maxRows: 9_000,
      holdout: 0.25,
      folds: 3,
      search: { method: 'grid', trials: 8, space: { leaves: [15, 31], minRowsPerLeaf: [10, 20] } },
      calibration: 'isotonic',
      seed: 7,
    });
  });

  it.each<[string, LoopParts, ...string[]]>([
    [
      'what it needs is not there',
      { label: false, loop: 'retrain: { on: [drift, performance] }' },
      'retrain: needs labels to learn from, and the file has no section `label`; add one, or leave this section out',
      'retrain.on[0]: nothing is alerted to drift, since there is no such monitor; add monitor: { drift: {} }',
      'retrain.on[1]: nothing is alerted to performance, since there is no such monitor; add monitor: { performance: {} }',
    ],
    [
      'triggers are none, two, unknown, or told twice',
      {
        monitor: 'drift: {}',
        loop: 'retrain: { on: [{}, { labels: 1, schedule: x }, drift, { drift: info }, { schedule: daily }, concept] }',
      },
      'retrain.on[0]: names no trigger; write drift, performance, estimate, concept, { labels: 5000 } or { schedule: "0 3 * * *" }',
      'retrain.on[1]: has 2 triggers; make each an entry of its own: { labels: … }, { schedule: … }',
      'retrain.on[3]: drift is on[2] too; leave one out',
      'retrain.on[4].schedule: "daily" has 1 of five fields: minute hour day-of-month month day-of-week, e.g. "0 3 * * *" for 3:00 UTC',
      'retrain.on[5]: nothing is alerted to concept, since there is no such monitor; add `concept: {}` to `monitor`',
    ],
    [
      'shapes are wrong',
      { loop: 'retrain: { on: [drif, 7, { drift: bad }], holdout: lots, folds: 1, serach: {} }' },
      'retrain.on[0]: expected one of drift, performance, estimate, concept, found "drif"; did you mean "drift"?',
      'retrain.on[1]: expected drift, performance, estimate, concept, { labels: 5000 } or { schedule: "0 3 * * *" }, found 7',
      'retrain.on[2].drift: expected one of info, warning, critical, found "bad"',
      'retrain.holdout: not a share; write it as 5% or as 0.05, found "lots"',
      'retrain.folds: must be at least 2, found 1',
      'retrain.serach: unknown key "serach"; did you mean "search"?',
    ],
    [
      'figures cannot be',
      { loop: 'retrain: { minRows: 50, maxRows: 20, window: 0s, holdout: 60% }' },
      'retrain.maxRows: 20 is below `minRows` 50: no model would ever be trained',
      'retrain.window: must be more than 0',
      'retrain.holdout: must be more than 0 and at most 50%: without rows that no training saw nothing can be judged, and the rest is needed to learn from',
    ],
    [
      'the trainer is another',
      {
        task: 'multiclass-classification',
        model: 'trainer: { command: [train.py] }',
        loop: 'retrain: { search: {}, calibration: platt }',
      },
      'label.field: "up" is boolean, which has but two classes',
      'retrain.search: is of trainers that are built in; a `command` searches by itself, so leave this out',
      'retrain.calibration: is of binary classification; leave it out with `task: multiclass-classification`',
    ],
    [
      'hyperparameters are fixed and searched for, unknown, or out of their range',
      {
        model: 'parameters: { leaves: 31 }',
        loop: 'retrain: { search: { space: { leaves: [1], leavs: [2], learningRate: [0.1, 7] } } }',
      },
      'retrain.search.space.leaves: is fixed by the parameters of the model; leave it out of one of the two',
      'retrain.search.space.leavs: gbdt has no hyperparameter "leavs"; did you mean "leaves"?',
      'retrain.search.space.learningRate: is 7, expected a number from 0.0001 to 1',
    ],
    [
      'a grid is empty',
      { loop: 'retrain: { search: { method: grid } }' },
      'retrain.search: a grid needs values to choose from; add `space: { <hyperparameter>: [<value>, …] }`',
    ],
  ])('says all of it where %s', (_what, parts, ...expected) => {
    expect([...reportOf(parts)].sort()).toEqual([...expected].sort());
  });
});

describe('a trainer', () => {
  it.each([
    ['trainer: linear', { kind: 'built-in', trainer: 'linear', parameters: {} }],
    ['parameters: { leaves: 31 }', { kind: 'built-in', trainer: 'gbdt', parameters: { leaves: 31 } }],
    [
      'trainer: { name: random-forest, parameters: { trees: 50 } }',
      { kind: 'built-in', trainer: 'random-forest', parameters: { trees: 50 } },
    ],
    [
      'trainer: { name: gbdt, monotone: { price: increasing } }',
      { kind: 'built-in', trainer: 'gbdt', parameters: {}, monotone: { price: 'increasing' } },
    ],
    ['trainer: { name: gbdt, monotone: {} }', { kind: 'built-in', trainer: 'gbdt', parameters: {} }],
    [
      'trainer: { command: [python3, train.py], timeout: 10m, memory: 512MiB }',
      { kind: 'command', command: ['python3', 'train.py'], timeoutMs: 600_000, memoryBytes: 2 ** 29 },
    ],
    ['trainer: { command: [a] }', { kind: 'command', command: ['a'], timeoutMs: HOUR, memoryBytes: 2 ** 31 }],
  ])('%s', (model, expected) => {
    expect(definitionOf({ model }).model.trainer).toEqual(expected);
  });

  it.each<[string, ...string[]]>([
    [
      'trainer: gdbdt',
      'model.trainer: expected one of gbdt, random-forest, linear, found "gdbdt"; did you mean "gbdt"?',
    ],
    [
      'trainer: 7',
      'model.trainer: expected gbdt, random-forest, linear, { name, parameters, monotone } or { command }, found 7',
    ],
    [
      'trainer: linear, parameters: { leaves: 31 }',
      'model.parameters.leaves: linear has no hyperparameter "leaves"; it has l2, maxLevels, classWeights',
    ],
    [
      'trainer: { name: gbdt, parameters: { leaves: 1.5, classWeights: none, gamma: x } }',
      'model.trainer.parameters.leaves: is 1.5, expected a whole number from 2 to 4096',
      'model.trainer.parameters.gamma: is x, expected a number from 0 to 1000000',
    ],
    [
      'trainer: { name: linear, monotone: { region: increasing, prise: decreasing, price: up } }',
      'model.trainer.monotone.price: expected one of increasing, decreasing, found "up"',
    ],
    [
      'trainer: { name: linear, monotone: { region: increasing, prise: decreasing } }',
      'model.trainer.monotone: is of trees (gbdt, random-forest): a linear model goes one way with every number; leave it out',
      'model.trainer.monotone.region: is a string, which is neither more nor less than another; leave it out',
      'model.trainer.monotone.prise: there is no feature "prise"; did you mean "price"?',
    ],
    [
      'trainer: { command: [a], monotone: { price: increasing } }',
      'model.trainer.monotone: is of a trainer that is built in; leave it or `command` out',
    ],
    ['trainer: {}', 'model.trainer: names no trainer; add `name: gbdt`, or `command: [<program>, …]`'],
    [
      'trainer: { name: gbdt, command: [a], timeout: 0s, memory: 0B }, parameters: {}',
      'model.trainer.name: is of a trainer that is built in; leave it or `command` out',
      'model.parameters: are of a trainer that is built in; give them to the program as arguments of `command`',
      'model.trainer.timeout: must be more than 0',
      'model.trainer.memory: must be more than 0, and a size that there is',
    ],
    [
      'trainer: { name: gbdt, timeout: 1h, parameters: {} }, parameters: {}',
      'model.trainer.timeout: is of a `command`; leave it out',
      'model.parameters: stand in `trainer` too; leave one of the two out',
    ],
  ])('that is wrong says all of it: %s', (model, ...expected) => {
    expect([...reportOf({ model })].sort()).toEqual([...expected].sort());
  });
});

describe('gates', () => {
  it.each([
    ['multiclass-classification', 'log_loss'],
    ['regression', 'r2'],
  ])('of a %s are by %s', (task, metric) => {
    const label = task === 'regression';
    expect(definitionOf({ task, label, loop: 'gates: {}' }).gates?.metric).toBe(metric);
  });

  it('take slices and protected attributes from the monitor, or name their own', () => {
    const monitor = 'slices: [region, decision], fairness: { by: [region] }';
    const loop = 'gates: { slices: {}, fairness: { atMost: 0.2 }, maxSize: 2MiB, maxFlipRate: 0.1, metric: brier }';
    expect(definitionOf({ monitor, loop }).gates).toMatchObject({
      metric: 'brier',
      slices: { by: ['region'], worseBy: 0.05, minRows: 100 },
      fairness: { by: ['region'], atMost: 0.2, minRows: 100 },
      maxSizeBytes: 2 ** 21,
      maxFlipRate: 0.1,
    });
    const own = definitionOf({ loop: 'gates: { slices: { by: [region], worseBy: 0.1, minRows: 7 } }' });
    expect(own.gates?.slices).toEqual({ by: ['region'], worseBy: 0.1, minRows: 7 });
  });

  it('that are wrong say all of it', () => {
    const loop = 'gates: { metric: rocauc, slices: { by: [price, regoin, decision] }, fairness: {}, maxSize: 0B }';
    expect(reportOf({ loop })).toEqual([
      'gates.metric: a binary-classification has no metric "rocauc"; did you mean "roc_auc"?',
      'gates.slices.by[0]: "price" is double, nearly every row of which would be a group of its own; compute a coarser feature from it with `cel`',
      'gates.slices.by[1]: there is no field or feature "regoin"; did you mean "region"?',
      'gates.slices.by[2]: there is no field or feature "decision"; there are id, at, price, region',
      'gates.fairness: does not say by what; add `by: [<field or feature>]`, or set `monitor.fairness.by`',
      'gates.maxSize: must be more than 0, and a size that there is',
    ]);
    expect(reportOf({ task: 'regression', loop: 'gates: { fairness: { by: [region] }, metric: roc_auc }' })).toEqual([
      'gates.fairness: is about positive decisions, which a binary classification has; leave it out with `task: regression`',
      'gates.metric: a regression has no metric "roc_auc"; it has mae, rmse, mape, r2',
    ]);
  });
});
