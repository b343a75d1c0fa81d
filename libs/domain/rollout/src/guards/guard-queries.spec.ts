import type { GuardDefinition, MonitorDefinition, PipelineDefinition, RolloutState } from '#contracts';
import { guardQueries, isHigherBetter, promotionMetric, type GuardQueryInput } from '../index.js';

const MINUTE = 60_000;
const at = (minute: number): string => `fromUnixTimestamp64Milli(${minute * MINUTE}, 'UTC')`;

const business: MonitorDefinition = {
  kind: 'business',
  name: 'revenue',
  sql: 'SELECT avg(amount) AS value FROM {predictions}',
  on: 'predictions',
  rules: [],
  everyMs: 1,
  windowMs: 1,
  minRows: 1,
  fireAfter: 1,
  resolveAfter: 1,
  hysteresis: 0,
};

function pipelineWith(
  guards: readonly GuardDefinition[],
  falsePromotionRate: number | null = null,
): PipelineDefinition {
  return {
    name: 'card-fraud',
    event: { schema: { type: 'record', name: 'E', fields: [] }, id: 'id', key: 'key', time: 'at' },
    expectations: [],
    dedupeWindowMs: null,
    features: [],
    model: { task: 'binary-classification', threshold: 0.5 },
    topics: { partitions: 2, replicationFactor: 1, retentionMs: 1, maxMessageBytes: 1 },
    monitoring: { graceMs: 0, slices: [], receivers: [], monitors: [business] },
    rollout: {
      steps: [],
      guards,
      falseRollbackRate: 0.05,
      falsePromotionRate,
      minLabelled: 0,
      watchMs: 0,
      deadlineMs: 1,
    },
  };
}

const rollout = { version: "2'", against: '1', startedAt: 10 * MINUTE } as RolloutState;

function sqlOf(metric: string, changes: Partial<GuardQueryInput> = {}): string {
  const pipeline = pipelineWith([{ metric, worseBy: 1, minRows: 1 }]);
  const input = { pipeline, rollout, clock: 60 * MINUTE, labelsClock: null, labelDelayMs: null, calibrations: {} };
  return guardQueries({ ...input, ...changes })[0]!.sql;
}

describe("a guard's query", () => {
  it('is of the span of the rollout, of both versions, from both tables', () => {
    const where = `event_time >= ${at(10)} AND event_time < ${at(60)} AND model_version IN ('2\\'', '1')`;
    const sql = sqlOf('divergence');
    for (const table of ['predictions', 'shadow_predictions'])
      expect(sql).toContain(`card_fraud.${table} WHERE ${where}`);
  });

  it.each([
    ['accuracy', { labelDelayMs: 20 * MINUTE }, 40],
    ['roc_auc', { labelDelayMs: 20 * MINUTE, labelsClock: 50 * MINUTE }, 30],
    ['brier', { labelDelayMs: 70 * MINUTE }, 10],
    ['error_rate', { labelDelayMs: 20 * MINUTE }, 60],
  ] as const)('of %s leaves out what has no labels yet (%j)', (metric, changes, endMinute) => {
    expect(sqlOf(metric, changes)).toContain(`event_time < ${at(endMinute)}`);
  });

  it('of a business figure has none before a stretch is over', () => {
    expect(sqlOf('revenue', { clock: 10.5 * MINUTE })).toContain('WHERE 0');
    expect(sqlOf('revenue', { clock: 11 * MINUTE })).toContain(`event_time >= ${at(10)} AND event_time < ${at(11)}`);
    // Never more than 24 stretches: 50 minutes in stretches of two would be 25.
    expect(sqlOf('revenue', { clock: 60 * MINUTE }).match(/AS block, \(SELECT count/g)).toHaveLength(12);
  });

  it('of a metric that there is not is an error that names it', () => {
    expect(() => sqlOf('revenu')).toThrow('card-fraud: a guard has the metric revenu');
  });

  it('is one for each guard, and one for a promotion that needs evidence', () => {
    const { rollout: _, ...without } = pipelineWith([]);
    const input = { rollout, clock: 60 * MINUTE, labelsClock: null, labelDelayMs: null, calibrations: {} };
    expect(guardQueries({ ...input, pipeline: without })).toEqual([]);
    const pipeline = pipelineWith([{ metric: 'accuracy', worseBy: 1, minRows: 1 }], 0.05);
    expect(guardQueries({ ...input, pipeline }).map(({ metric, purpose }) => [metric, purpose])).toEqual([
      ['accuracy', 'guard'],
      ['brier', 'promotion'],
    ]);
  });
});

it.each([
  ['binary-classification', 'roc_auc', 'roc_auc'],
  ['binary-classification', 'log_loss', 'log_loss'],
  ['binary-classification', 'f1', 'brier'],
  ['binary-classification', undefined, 'brier'],
  ['multiclass-classification', 'roc_auc', 'accuracy'],
  ['regression', 'rmse', 'squared_error'],
  ['regression', 'mae', 'absolute_error'],
  ['regression', 'r2', 'squared_error'],
] as const)('a promotion in %s by gates of %s is by the evidence of %s', (task, gate, metric) => {
  expect(promotionMetric(task, gate)).toBe(metric);
});

it('who is warned of low figures wants high ones', () => {
  const rules = (...bounds: readonly object[]) => ({ rules: bounds.map((bound) => ({ metric: 'value', ...bound })) });
  expect(isHigherBetter(rules({ below: 1 }))).toBe(true);
  expect(isHigherBetter(rules({ above: 1 }))).toBe(false);
  expect(isHigherBetter(rules({ above: 1 }, { below: 0 }))).toBe(false);
  expect(isHigherBetter(rules())).toBe(false);
});
