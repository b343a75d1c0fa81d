import fc from 'fast-check';
import { seededUniforms } from '#domain/statistics';
import { rawOutputs } from '#domain/trained-model';
import { trainTrees } from './train-trees.js';
import type { TreeOptions } from './tree-options.js';

const ROWS = 120;

/** Noise that follows one column up and another down here and there, and mostly does not. */
function noisyRows(seed: number) {
  const uniform = seededUniforms(seed);
  const columns = Array.from({ length: 3 }, () =>
    Float32Array.from({ length: ROWS }, () => (uniform() < 0.1 ? NaN : Math.floor(uniform() * 20))),
  );
  const signal = Float64Array.from({ length: ROWS }, (_, row) => {
    const [a, b, c] = columns.map((column) => column[row]!) as [number, number, number];
    return Math.sin(a || 0) + (b > 10 ? -1 : 0) + (c || 0) * uniform() + 4 * uniform();
  });
  return { columns, signal };
}

describe('monotone constraints', () => {
  it.each([
    ['boosting', {}],
    ['a forest', { boosting: 'forest', columnShare: 1 }],
  ] as const)('of %s hold along the column, wherever the others stand', (_, how) => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom('binary' as const, 'regression' as const),
        fc.tuple(fc.constantFrom(1 as const, -1 as const), fc.constantFrom(-1 as const, 0 as const, 1 as const)),
        (seed, objective, [first, second]) => {
          const { columns, signal } = noisyRows(seed);
          const middle = signal.toSorted()[ROWS / 2]!;
          const labels = objective === 'binary' ? signal.map((value) => (value > middle ? 1 : 0)) : signal;
          const options: TreeOptions = {
            ...{ objective, ...how, trees: 8, leaves: 12, learningRate: 0.5, minRowsPerLeaf: 2, minHessian: 0 },
            ...{ monotone: [first, second, 0], seed },
          };
          const { ensemble } = trainTrees({ columns, labels }, options);
          for (const [column, direction] of [first, second].entries()) {
            let largestFall = 0;
            for (let row = 0; row < 25; row++) {
              // Its other values stay, this one goes from below all values to above them.
              const path = columns.map((values, at) =>
                Float32Array.from({ length: 22 }, (_, step) => (at === column ? step - 0.5 : values[row]!)),
              );
              const raw = rawOutputs({ model: ensemble, outputs: 1 }, { rows: 22, columns: path });
              for (let step = 1; step < 22; step++)
                largestFall = Math.max(largestFall, direction * (raw[step - 1]! - raw[step]!));
            }
            expect(largestFall).toBe(0);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('cost nothing where the rows keep them anyway', () => {
    const columns = [Float32Array.from({ length: 50 }, (_, row) => row)];
    const labels = Float64Array.from({ length: 50 }, (_, row) => Math.sqrt(row));
    const options = { objective: 'regression', trees: 20, leaves: 4, minRowsPerLeaf: 5 } as const;
    const free = trainTrees({ columns, labels }, options).ensemble;
    expect(trainTrees({ columns, labels }, { ...options, monotone: [0] }).ensemble).toEqual(free);
    const [kept, bare] = [trainTrees({ columns, labels }, { ...options, monotone: [1] }).ensemble, free].map((model) =>
      rawOutputs({ model, outputs: 1 }, { rows: 50, columns }).reduce(
        (sum, raw, row) => sum + (raw - labels[row]!) ** 2,
        0,
      ),
    );
    expect(kept! / bare!).toBeLessThan(1.2);
  });
});
