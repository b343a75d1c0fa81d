import { expandingFolds, holdOut, orderOf, shuffledFolds } from './split-rows.js';

describe('orderOf', () => {
  it('is by time, equal times as they stand', () => {
    expect([...orderOf(5, [30, 10, 20, 10, 5], 1)]).toEqual([4, 1, 3, 2, 0]);
  });

  it('is by chance without times, the same for a seed', () => {
    const order = orderOf(1_000, null, 7);
    expect(order).toEqual(orderOf(1_000, null, 7));
    expect(order).not.toEqual(orderOf(1_000, null, 8));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, row) => row));
    // Half of the first half comes from the first half, within five standard deviations of the draw.
    expect(Math.abs(order.slice(0, 500).filter((row) => row < 500).length - 250)).toBeLessThan(5 * Math.sqrt(62.5));
  });
});

describe('holdOut', () => {
  it.each([
    [0.2, [0, 1, 2, 3, 4, 5, 6, 7], [8, 9]],
    [0.25, [0, 1, 2, 3, 4, 5, 6, 7], [8, 9]],
    [0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], []],
  ])('keeps the newest %f away from training', (share, training, holdout) => {
    const split = holdOut(
      Uint32Array.from({ length: 10 }, (_, row) => row),
      share,
    );
    expect([...split.training]).toEqual(training);
    expect([...split.holdout]).toEqual(holdout);
  });
});

describe('expandingFolds', () => {
  it('trains on what comes before, as TimeSeriesSplit', () => {
    const folds = expandingFolds(Uint32Array.from([9, 8, 7, 6, 5, 4, 3]), 2);
    expect(folds.map(({ training, validation }) => [[...training], [...validation]])).toEqual([
      [
        [9, 8, 7],
        [6, 5],
      ],
      [
        [9, 8, 7, 6, 5],
        [4, 3],
      ],
    ]);
  });

  it.each([0, 1, 7])('has none where there are %d, or more than the rows give', (folds) => {
    expect(expandingFolds(Uint32Array.of(0, 1, 2), folds)).toEqual([]);
  });
});

describe('shuffledFolds', () => {
  it('judges each row once, by a model of all others', () => {
    const order = Uint32Array.of(3, 1, 4, 0, 2);
    const folds = shuffledFolds(order, 3);
    expect(folds.flatMap(({ validation }) => [...validation])).toEqual([...order]);
    for (const { training, validation } of folds) {
      expect([...training, ...validation].sort()).toEqual([0, 1, 2, 3, 4]);
    }
  });
});
