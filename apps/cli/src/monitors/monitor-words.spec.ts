import type { ModelTask, MonitorDefinition, MonitorKind, PipelineDefinition } from '#contracts';
import { metricNamesOf } from '#domain/monitors';
import { metricLines, paceOf, purposeOf, ruleLines } from './monitor-words.js';
import { METRIC_WORDS } from './metric-words.js';

const KINDS: readonly MonitorKind[] = [
  'quality', 'drift', 'performance', 'estimate', 'concept', 'fairness', 'anomalies', 'labels', 'system', 'business',
]; // prettier-ignore
const TASKS: readonly ModelTask[] = ['binary-classification', 'multiclass-classification', 'regression'];

const COMMON = {
  name: 'x',
  everyMs: 3_600_000,
  windowMs: 86_400_000,
  minRows: 500,
  fireAfter: 2,
  resolveAfter: 2,
  hysteresis: 0.1,
  rules: [
    { metric: 'psi', above: 0.2 },
    { metric: 'psi', subject: 'price', above: 0.1, severity: 'warning' },
  ],
} as const satisfies Partial<MonitorDefinition>;

const DRIFT: MonitorDefinition = {
  ...COMMON,
  kind: 'drift',
  reference: 'training',
  features: ['price', 'region'],
  score: true,
  numeric: 'psi',
  categorical: 'jensen_shannon',
  falseDiscoveryRate: 0.01,
};

describe('what is told of a monitor', () => {
  it('says what it measures, when, and beyond which bounds', () => {
    expect(purposeOf(DRIFT, {} as PipelineDefinition).join(' ')).toBe(
      'Whether price, region and the score are distributed as in the rows that the serving model was trained on. ' +
        'Numbers are compared by PSI, texts by jensen shannon. A verdict needs a distance beyond its bound, and ' +
        'significance across all that is compared (false discovery rate 0.01).',
    );
    expect(paceOf(DRIFT, 60_000)[0]).toBe(
      "Every 1h of event time, over the 1d before, once the pipeline's clock is 1m past.",
    );
    expect(ruleLines(DRIFT)).toEqual([
      'psi above 0.2: as severe as its consequence',
      'psi of price above 0.1: warning',
      'Fires after 2 windows in a row, resolves after 2 that are within by 10 % of the bound.',
    ]);
  });

  it.each(KINDS)('has words for every metric of %s, and no others', (kind) => {
    const metrics = TASKS.flatMap((task) => metricNamesOf(kind, task));
    expect(metrics.filter((metric) => METRIC_WORDS[metric] === undefined)).toEqual([]);
    expect(metricLines(metrics)).toHaveLength(new Set(metrics).size);
  });
});
