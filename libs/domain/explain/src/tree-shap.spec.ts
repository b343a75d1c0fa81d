import fc from 'fast-check';
import type { Tree, TreeEnsemble } from '#domain/trained-model';
import { compileTreeShap } from './tree-shap.js';

const COLUMNS = 4;

/** A leaf's value, or a split with the share of rows that go left. */
type Shape = number | { readonly column: number; readonly threshold: number; readonly missingLeft: 0 | 1; readonly share: number; readonly left: Shape; readonly right: Shape }; // prettier-ignore

const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 5, depthSize: 'large' },
    { arbitrary: fc.integer({ min: -8, max: 8 }), weight: 1 },
    {
      arbitrary: fc.record({
        column: fc.nat({ max: COLUMNS - 1 }),
        threshold: fc.integer({ min: -2, max: 2 }),
        missingLeft: fc.constantFrom(0 as const, 1 as const),
        share: fc.constantFrom(0, 0.1, 0.5, 0.75, 1),
        left: tie('shape'),
        right: tie('shape'),
      }),
      weight: 4,
    },
  ),
}));
const row = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN)), {
  minLength: COLUMNS,
  maxLength: COLUMNS,
});

describe('TreeSHAP', () => {
  it('is the Shapley value of the game with cover in the place of what is not known', () => {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 3 }), row, (shapes, x) => {
        const { base, contributions } = compileTreeShap(ensembleOf(shapes), COLUMNS)(x, 0);
        const expected = byDefinition(shapes, x);
        expect(base).toBeCloseTo(expected.base, 10);
        for (const [column, value] of expected.contributions.entries()) {
          expect(contributions[column]).toBeCloseTo(value, 10);
        }
      }),
    );
  });

  it('adds up to the output, and gives a column that no tree asks for nothing', () => {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 5 }), row, (shapes, x) => {
        const { base, contributions } = compileTreeShap(ensembleOf(shapes), COLUMNS + 1)([...x, 1], 0);
        const output = shapes.reduce<number>((sum, one) => sum + valueOf(one, x, ALL), 0);
        expect(contributions.reduce((sum, value) => sum + value, base)).toBeCloseTo(output, 9);
        expect(contributions[COLUMNS]).toBe(0);
      }),
    );
  });

  it('gives columns that play the same part the same', () => {
    const swapped = (one: Shape): Shape =>
      typeof one === 'number'
        ? one
        : { ...one, column: [1, 0, 2, 3][one.column]!, left: swapped(one.left), right: swapped(one.right) };
    fc.assert(
      fc.property(shape, row, (one, x) => {
        const same = [x[0]!, x[0]!, x[2]!, x[3]!];
        const { contributions } = compileTreeShap(ensembleOf([one, swapped(one)]), COLUMNS)(same, 0);
        expect(contributions[0]).toBeCloseTo(contributions[1]!, 10);
      }),
    );
  });

  it('takes both ways for as likely where no row came', () => {
    const one = { column: 0, threshold: 0, missingLeft: 0, share: 0.5, left: 2, right: 6 } as const;
    const { trees, ...ensemble } = ensembleOf([one]);
    const unseen = trees.map((tree) => ({ ...tree, cover: tree.cover.map(() => 0) }));
    const { base, contributions } = compileTreeShap({ ...ensemble, trees: unseen }, 1)([1], 0);
    expect([base, ...contributions]).toEqual([4, 2]);
  });

  it('looks only at the trees of the output', () => {
    const ensemble = ensembleOf([1, { column: 2, threshold: 0, missingLeft: 0, share: 0.5, left: -1, right: 3 }]);
    const trees = ensemble.trees.map((tree, output) => ({ ...tree, output }));
    const explain = compileTreeShap({ ...ensemble, base: [10, 20], trees }, COLUMNS);
    expect(explain([0, 0, 0, 0], 0)).toEqual({ base: 11, contributions: Float64Array.of(0, 0, 0, 0) });
    expect(explain([0, 0, 0, 0], 1)).toEqual({ base: 21, contributions: Float64Array.of(0, 0, -2, 0) });
  });
});

const ALL = (1 << COLUMNS) - 1;

/** The value of a tree where only the columns in the set (by bits) are known. */
function valueOf(one: Shape, x: readonly number[], known: number): number {
  if (typeof one === 'number') return one;
  const { column, threshold, missingLeft, share, left, right } = one;
  if ((known & (1 << column)) === 0) return share * valueOf(left, x, known) + (1 - share) * valueOf(right, x, known);
  const value = x[column]!;
  return valueOf(value <= threshold || (Number.isNaN(value) && missingLeft === 1) ? left : right, x, known);
}

function byDefinition(shapes: readonly Shape[], x: readonly number[]) {
  const game = Array.from({ length: ALL + 1 }, (_, known) =>
    shapes.reduce<number>((sum, one) => sum + valueOf(one, x, known), 0),
  );
  const sizeOf = (set: number) => set.toString(2).replaceAll('0', '').length;
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const contributions = Array.from({ length: COLUMNS }, (_, column) => {
    let sum = 0;
    for (let set = 0; set <= ALL; set++) {
      if ((set & (1 << column)) !== 0) continue;
      const weight = (factorial(sizeOf(set)) * factorial(COLUMNS - 1 - sizeOf(set))) / factorial(COLUMNS);
      sum += weight * (game[set | (1 << column)]! - game[set]!);
    }
    return sum;
  });
  return { base: game[0]!, contributions };
}

function ensembleOf(shapes: readonly Shape[]): TreeEnsemble {
  return { kind: 'trees', base: [0], trees: shapes.map(treeOf), link: 'identity' };
}

function treeOf(shape: Shape): Tree {
  const tree = { output: 0, feature: [] as number[], threshold: [] as number[], missingLeft: [] as (0 | 1)[], left: [] as number[], right: [] as number[], value: [] as number[], cover: [] as number[], gain: [] as number[] }; // prettier-ignore
  const add = (one: Shape, cover: number): number => {
    const leaf = typeof one === 'number';
    const at = tree.feature.push(leaf ? -1 : one.column) - 1;
    tree.threshold.push(leaf ? 0 : one.threshold);
    tree.missingLeft.push(leaf ? 0 : one.missingLeft);
    tree.left.push(0);
    tree.right.push(0);
    tree.value.push(leaf ? one : 0);
    tree.cover.push(cover);
    tree.gain.push(0);
    if (!leaf) {
      // Below a node to which no row came the shares hold all the same.
      const rows = cover === 0 ? 1_000 : cover;
      tree.left[at] = add(one.left, rows * one.share);
      tree.right[at] = add(one.right, rows * (1 - one.share));
    }
    return at;
  };
  add(shape, 1000);
  return tree;
}
