import { definitionOf, reportOf, type LoopParts } from './loop-files.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('a rollout', () => {
  it('reads every step and guard', () => {
    const { rollout } = definitionOf({
      monitor: 'business: [{ name: revenue, sql: "SELECT sum(price) AS value FROM {predictions}" }]',
      loop: `rollout:
  steps: [{ shadow: 10m }, { canary: 5%, hold: 20m }, approval, { canary: 0.25 }, { ab: 50%, hold: 1d }]
  guard: { roc_auc: { worseBy: 0.03, minRows: 9 }, latency_p99_ms: { above: 50 }, revenue: { worseBy: 10 } }
  falseRollbackRate: 0.1
  falsePromotionRate: 0.2
  minLabelled: 50
  watch: 2d
  deadline: 5d`,
    });
    expect(rollout).toEqual({
      steps: [
        { kind: 'shadow', holdMs: 600_000 },
        { kind: 'canary', share: 0.05, holdMs: 1_200_000 },
        { kind: 'approval' },
        { kind: 'canary', share: 0.25, holdMs: HOUR },
        { kind: 'ab', share: 0.5, holdMs: DAY },
      ],
      guards: [
        { metric: 'error_rate', worseBy: 0.01, minRows: 100 },
        { metric: 'latency_p99_ms', above: 50, minRows: 100 },
        { metric: 'revenue', worseBy: 10, minRows: 100 },
        { metric: 'roc_auc', worseBy: 0.03, minRows: 9 },
      ],
      falseRollbackRate: 0.1,
      falsePromotionRate: 0.2,
      minLabelled: 50,
      watchMs: 2 * DAY,
      deadlineMs: 5 * DAY,
    });
  });

  it('may be none in so many words: it serves at once', () => {
    expect(definitionOf({ loop: 'rollout: { steps: [] }' }).rollout?.steps).toEqual([]);
    expect(definitionOf({}).rollout).toBeUndefined();
  });

  it('without labels is guarded by how sure the model is of itself, and waits for none', () => {
    const { rollout } = definitionOf({ label: false, loop: 'rollout: {}' });
    expect(rollout?.guards.map(({ metric }) => metric)).toEqual(['error_rate', 'estimated_accuracy', 'latency_p99_ms']);
    expect(rollout?.minLabelled).toBe(0);
  });

  it('with a person in it gives that person time', () => {
    expect(definitionOf({ label: false, loop: 'rollout: { steps: [approval] }' }).rollout?.deadlineMs).toBe(30 * DAY);
  });

  it.each<[string, LoopParts, ...string[]]>([
    [
      'steps have no shape',
      { loop: 'rollout: { steps: [{ shadow: 1h, hold: 1h }, { canary: 1 }, aproval, 3, { canary: lots }] }' },
      'rollout.steps[2]: expected approval, found "aproval"; did you mean "approval"?',
      'rollout.steps[4].canary: not a share; write it as 5% or as 0.05, found "lots"',
      'rollout.steps[3]: expected { shadow: 10m }, { canary: 5%, hold: 10m }, { ab: 50%, hold: 1d } or approval, found 3',
    ],
    [
      'steps are none, two, or out of order',
      {
        loop: 'rollout: { steps: [{}, { shadow: 1h, canary: 5% }, { canary: 20%, hold: 0s }, { shadow: 1h, hold: 1h }, { canary: 10% }, { ab: 100% }, { canary: 0 }] }',
      },
      'rollout.steps[0]: is no step; write { shadow: 10m }, { canary: 5%, hold: 10m }, { ab: 50%, hold: 1d } or approval',
      'rollout.steps[1]: is shadow and canary at once; make each a step of its own',
      'rollout.steps[2].hold: must be more than 0: a step that holds for no time shows nothing',
      'rollout.steps[3].hold: a shadow says itself how long it lasts; leave `hold` out',
      'rollout.steps[3]: a shadow comes before the steps that serve; move it up, or leave it out',
      'rollout.steps[4].canary: its share must rise: 10% comes after 20%',
      'rollout.steps[5].ab: leaves nobody to compare with; a half each is 50%',
      'rollout.steps[6].canary: must be more than 0% and at most 100%',
      'rollout.steps[6].canary: its share must rise: 0% comes after 100%',
    ],
    [
      'a guard bounds what cannot be',
      { loop: 'rollout: { guard: { rocauc: { worseBy: 1 }, error_rate: { worseBy: -1 } } }' },
      'rollout.guard.error_rate.worseBy: must be more than 0, found -1',
    ],
    [
      'a guard bounds from above what should be large',
      { loop: 'rollout: { guard: { accuracy: { above: 0.9 } } }' },
      'rollout.guard.accuracy.above: accuracy should be large; bound it by `worseBy: <number>`',
    ],
    [
      'guards are unknown, bound nothing, or need labels',
      {
        label: false,
        loop: 'rollout: { guard: { acuracy: { worseBy: 1 }, divergence: {}, brier: { worseBy: 1 } }, minLabelled: 5, falsePromotionRate: 0.1, deadline: 1h }',
      },
      'rollout.guard.acuracy: no guard has the metric "acuracy"; did you mean "accuracy"?',
      'rollout.guard.divergence: bounds nothing; add `worseBy: <number>` or `above: <number>`',
      'rollout.guard.brier: "brier" needs labels, and the file has no section `label`; add one, or guard by divergence or estimated_accuracy',
      'rollout.minLabelled: would be waited for without end: the file has no section `label`; add one, or leave this out',
      'rollout.falsePromotionRate: needs labels: only they tell that a challenger is better; add a section `label`, or leave this out',
      'rollout.deadline: 1h is over before the steps are, which hold for longer together',
    ],
    [
      'a regression names no bound',
      { task: 'regression', loop: 'rollout: {}' },
      'rollout: needs a bound in the unit of your label, which nobody else can know; add guard: { absolute_error: { worseBy: <number> } }',
    ],
  ])('says all of it where %s', (_what, parts, ...expected) => {
    expect([...reportOf(parts)].sort()).toEqual([...expected].sort());
  });
});

describe('an explain section', () => {
  it('is what the monitor of attributions needs', () => {
    expect(reportOf({ monitor: 'attribution: {}' })).toEqual([
      'monitor.attribution: needs explanations, and the file has no section `explain`; add one, or leave this section out',
    ]);
    const monitors = (monitor: string) => definitionOf({ monitor, loop: 'explain:' }).monitoring?.monitors;
    expect(monitors('attribution:')).toMatchObject([
      { kind: 'attribution', reference: 'first', delayMs: 0, minRows: 100, rules: [{ metric: 'ndcg', below: 0.9 }] },
    ]);
    expect(
      monitors('attribution: { reference: previous, alert: { share_change: { above: 0.2, of: price } } }'),
    ).toMatchObject([{ reference: 'previous', rules: [{ metric: 'share_change', subject: 'price', above: 0.2 }] }]);
    expect(reportOf({ monitor: 'attribution: { warn: { psi: { below: 1 } } }', loop: 'explain:' })).toEqual([
      'monitor.attribution.warn.psi: attribution has no metric "psi"; it has ndcg, total_variation, importance, share_change',
    ]);
  });

  it('has defaults, and an expression over the prediction', () => {
    expect(definitionOf({ loop: 'explain:' }).explain).toEqual({ top: 5, sample: 0.01, when: null });
    const loop = 'explain: { top: 3, sample: 2.5%, when: "prediction.score > 0.9" }';
    expect(definitionOf({ loop }).explain).toEqual({ top: 3, sample: 0.025, when: 'prediction.score > 0.9' });
  });

  it('that is wrong says all of it', () => {
    expect(reportOf({ loop: 'explain: { when: "prediction.scor > 0.9", sample: 2 }' })).toEqual([
      'explain.sample: must be at most 1, found 2',
    ]);
    expect(reportOf({ loop: 'explain: { when: "prediction.scor > 0.9" }' })).toEqual([
      expect.stringMatching(/^explain\.when: the expression is wrong at `scor`: No such key: scor; the prediction has/),
    ]);
    expect(reportOf({ loop: 'explain: { when: "prediction.score" }' })).toEqual([
      'explain.when: must be true or false; this one gives double',
    ]);
  });
});
