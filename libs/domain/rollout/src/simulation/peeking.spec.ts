import { normalQuantile } from '#domain/statistics';
import {
  PairedModelLosses,
  SIMULATED_METRICS,
  type SimulatedMetric,
  type SimulatedModels,
} from './paired-model-losses.js';
import { simulateRollouts, type SimulatedEnd, type SimulatedRollout } from './simulate-rollout.js';

const ROLLOUTS = 500;
const EVENTS = 1_000;
const LOOK_EVERY = 50;
const RATE = 0.05;
/** More are improbable (1 in 1,000) if the rate is what is declared. */
const MOST = Math.floor(ROLLOUTS * RATE + 3.1 * Math.sqrt(ROLLOUTS * RATE * (1 - RATE)));

const EQUAL: SimulatedModels = { challengerNoise: 0.8, championNoise: 0.8, persistence: 0 };
/** As little as can be told: a challenger that is as good lies at the very edge of what is allowed. */
const EDGE = 1e-9;
const ALL_GUARDS = Object.fromEntries(SIMULATED_METRICS.map((metric) => [metric, EDGE]));

const PLAIN: SimulatedRollout = {
  worseBy: ALL_GUARDS,
  falseRollbackRate: RATE,
  promotion: null,
  events: EVENTS,
  lookEvery: LOOK_EVERY,
};
const by = (metric: SimulatedMetric): SimulatedRollout => ({ ...PLAIN, worseBy: { [metric]: EDGE } });
const promotedBy = (metric: SimulatedMetric): SimulatedRollout => ({
  ...PLAIN,
  worseBy: {},
  promotion: { metric, falsePromotionRate: RATE },
});

const most = (counts: readonly number[]): number => Math.max(...counts);

describe(`${ROLLOUTS} A/A rollouts, looked at every ${LOOK_EVERY} events`, () => {
  const settings = {
    together: PLAIN,
    ...(Object.fromEntries(SIMULATED_METRICS.map((one) => [one, by(one)])) as Record<
      SimulatedMetric,
      SimulatedRollout
    >),
    better_brier: promotedBy('brier'),
    better_roc_auc: promotedBy('roc_auc'),
  };
  const ends: Readonly<Record<keyof typeof settings, SimulatedEnd>>[] = [];
  beforeAll(() => {
    for (let seed = 1; seed <= ROLLOUTS; seed++) ends.push(simulateRollouts(EQUAL, settings, seed));
  });
  const count = (name: keyof typeof settings, end: SimulatedEnd['end']): number =>
    ends.filter((one) => one[name].end === end).length;

  it('are rolled back at most as often as declared, by all guards together and by each alone', () => {
    expect(
      most((['together', ...SIMULATED_METRICS] as const).map((name) => count(name, 'rolled_back'))),
    ).toBeLessThanOrEqual(MOST);
  });

  it('are promoted for being better at most as often as declared', () => {
    expect(
      most((['better_brier', 'better_roc_auc'] as const).map((name) => count(name, 'promoted'))),
    ).toBeLessThanOrEqual(MOST);
  });

  it('are so too where each model errs for some twenty events in a row', () => {
    const models = { ...EQUAL, persistence: 0.95 };
    // The metric in which it shows most.
    const alone = { log_loss: by('log_loss') };
    let rolledBack = 0;
    for (let seed = 1; seed <= ROLLOUTS; seed++) {
      if (simulateRollouts(models, alone, seed).log_loss.end === 'rolled_back') rolledBack += 1;
    }
    expect(rolledBack).toBeLessThanOrEqual(MOST);
  });

  it('would be rolled back far too often by a test that is made for one look', () => {
    const limit = normalQuantile(1 - RATE);
    const some = ROLLOUTS / 5;
    let rolledBack = 0;
    for (let seed = 1; seed <= some; seed++) {
      const losses = new PairedModelLosses(EQUAL, seed);
      let isRolledBack = false;
      while (!isRolledBack && losses.count < EVENTS) {
        losses.addEvents(LOOK_EVERY);
        const { count: n, sum, squares } = losses.readings(['brier'], null)[0]!.difference;
        isRolledBack = sum / n / Math.sqrt((squares / n - (sum / n) ** 2) / n) > limit;
      }
      if (isRolledBack) rolledBack += 1;
    }
    expect(rolledBack / some).toBeGreaterThan((2 * MOST) / ROLLOUTS);
  });
});

it('a challenger that is worse by twice the bound is rolled back', () => {
  const worse: SimulatedModels = { ...EQUAL, challengerNoise: 2 };
  const long = new PairedModelLosses(worse, 1);
  long.addEvents(5_000);
  const { sum, count: n } = long.readings(['brier'], null)[0]!.difference;
  const settings = { brier: { ...PLAIN, worseBy: { brier: sum / n / 2 }, events: 4_000 } };
  for (let seed = 1; seed <= 10; seed++) {
    expect(simulateRollouts(worse, settings, seed).brier.end).toBe('rolled_back');
  }
});
