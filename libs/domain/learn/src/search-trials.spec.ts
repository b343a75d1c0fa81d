import { completeParameters, hyperparametersOf, problemOfParameter } from './hyperparameters.js';
import { combinationsOf, isHopeless, medianOf } from './search-trials.js';

const SPACE = { leaves: [7, 15, 31], learningRate: [0.05, 0.1] };

describe('combinationsOf', () => {
  it('is what is fixed, and defaults, where nothing is searched', () => {
    expect(combinationsOf('gbdt', { trees: 9 }, null, 1)).toEqual([completeParameters('gbdt', { trees: 9 })]);
  });

  it('is the whole grid, in order', () => {
    const grid = combinationsOf('gbdt', {}, { method: 'grid', trials: 6, space: SPACE }, 1);
    expect(grid.map(({ leaves, learningRate }) => [leaves, learningRate])).toEqual([[7, 0.05], [7, 0.1], [15, 0.05], [15, 0.1], [31, 0.05], [31, 0.1]]); // prettier-ignore
  });

  it('is a part of a grid that is too large, none twice, the same for a seed', () => {
    const search = { method: 'grid', trials: 4, space: SPACE } as const;
    const some = combinationsOf('gbdt', {}, search, 1);
    expect(new Set(some.map((one) => JSON.stringify(one))).size).toBe(4);
    expect(combinationsOf('gbdt', {}, search, 1)).toEqual(some);
  });

  it('ends where a space is spent', () => {
    expect(combinationsOf('linear', {}, { method: 'random', trials: 50, space: { l2: [1, 2, 3] } }, 1)).toHaveLength(3);
  });

  it('draws from the ranges of the trainer what is not fixed', () => {
    for (const trainer of ['gbdt', 'random-forest', 'linear'] as const) {
      const drawn = combinationsOf(trainer, { maxLevels: 3 }, { method: 'random', trials: 30, space: {} }, 5);
      expect(drawn).toHaveLength(30);
      for (const parameters of drawn) {
        expect(parameters['maxLevels']).toBe(3);
        for (const [name, value] of Object.entries(parameters))
          expect(problemOfParameter(trainer, name, value)).toBeNull();
      }
    }
  });
});

describe('hyperparametersOf', () => {
  it.each(['gbdt', 'random-forest', 'linear'] as const)(
    'has defaults and ranges of %s that it takes itself',
    (trainer) => {
      for (const [name, parameter] of Object.entries(hyperparametersOf(trainer))) {
        const { search } = parameter;
        const values = [
          parameter.default,
          ...(search === null ? [] : 'from' in search ? [search.from, search.to] : search),
        ];
        for (const value of values) expect(problemOfParameter(trainer, name, value)).toBeNull();
      }
    },
  );
});

describe('isHopeless', () => {
  const rivals = [[1, 1, 1], [2, 2], [3, 3, 3], [4]];

  it('is a mean worse than the median of those that came as far', () => {
    expect(isHopeless([2.6], rivals)).toBe(true);
    expect(isHopeless([2.5], rivals)).toBe(false);
  });

  it('waits for four of them', () => {
    expect(isHopeless([9, 9], rivals)).toBe(false);
    expect(isHopeless([9], [])).toBe(false);
  });

  it('goes by the middle one, or between the middle two', () => {
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([4, 1, 2, 3])).toBe(2.5);
  });
});
