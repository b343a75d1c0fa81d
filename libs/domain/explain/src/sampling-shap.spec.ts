import fc from 'fast-check';
import type { FeatureRow } from '#domain/trained-model';
import { backgroundOf, planSampling } from './index.js';

const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(null));
const row = fc.tuple(value, value, value, value);
const background = fc.array(row, { minLength: 1, maxLength: 4 });

/** Looks at the first three features, together. */
const score = ([a, b, c]: FeatureRow): number => Math.sin(Number(a) * 2 + Number(b)) * Number(c ?? 1.5) + Number(b);

const explain = (one: FeatureRow, others: readonly FeatureRow[], seed = 'e-1') => {
  const plan = planSampling(one, others, seed);
  return plan.contributions(plan.rows.map(score));
};

describe('sampling SHAP', () => {
  it('adds up to the score, and gives a feature on which the model does not look nothing', () => {
    fc.assert(
      fc.property(row, background, (one, others) => {
        const { base, output, contributions } = explain(one, others);
        expect(output).toBe(score(one));
        expect(base).toBeCloseTo(others.reduce((sum, other) => sum + score(other), 0) / others.length, 12);
        expect(contributions.reduce((sum, each) => sum + each, base)).toBeCloseTo(output, 12);
        expect(contributions[3]).toBe(0);
      }),
    );
  });

  it('is exact for a sum of effects, and for pairs of features', () => {
    const plan = planSampling([3, 5, 2], [[1, 1, 1]], 'any');
    const scores = plan.rows.map(([a, b, c]) => 10 * Number(a) + Number(b) * Number(c));
    const { contributions } = plan.contributions(scores);
    // b alone: 4 (c = 1) or 8 (c = 2); c alone: 1 or 5. An order and its reverse have one of each.
    expect(contributions).toEqual([20, 6, 3]);
  });

  it('comes near the Shapley value when there is more to draw from', () => {
    const others = Array.from({ length: 64 }, (_, i) => [i % 2, i % 3, 0]);
    const interaction = ([a, b, c]: FeatureRow) => Number(a) * Number(b) * Number(c);
    const plan = planSampling([2, 4, 3], others, 'event-7');
    const { contributions } = plan.contributions(plan.rows.map(interaction));
    for (const [feature, contribution] of contributions.entries()) {
      // The product is 24; 128 orders of six tell each feature's part of it to a tenth.
      expect(Math.abs(contribution - shapley([2, 4, 3], others, interaction, feature))).toBeLessThan(1);
    }
  });

  it('is the same for the same seed, and asks for no row twice that it knows', () => {
    const others = [
      [1, 2, 3, 4],
      [0, 2, 0, 4],
    ];
    expect(explain([5, 2, 7, 8], others)).toEqual(explain([5, 2, 7, 8], others));
    const { rows } = planSampling([5, 2, 7, 8], others, 'e-1');
    // The row, two others; and for each two orders of the three features that differ, with two steps in between.
    expect(rows).toHaveLength(3 + 2 * 2 * 2);
    expect(planSampling([1, 2, 3, 4], [[1, 2, 3, 4]], 'e-1').rows).toHaveLength(2);
  });

  it('takes a background at even distances', () => {
    expect(backgroundOf([1, 2, 3], 4)).toEqual([1, 2, 3]);
    expect(backgroundOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7]);
    expect(() => planSampling([1], [], 'e-1')).toThrow(RangeError);
  });
});

/** By its definition, over all orders of three features. */
function shapley(
  one: FeatureRow,
  others: readonly FeatureRow[],
  f: (row: FeatureRow) => number,
  feature: number,
): number {
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]; // prettier-ignore
  let sum = 0;
  for (const other of others) {
    for (const order of orders) {
      const known = new Set(order.slice(0, order.indexOf(feature)));
      const before = other.map((each, i) => (known.has(i) ? one[i]! : each));
      sum += f(before.with(feature, one[feature]!)) - f(before);
    }
  }
  return sum / (others.length * orders.length);
}
