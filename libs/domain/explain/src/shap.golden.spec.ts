import { readFileSync } from 'node:fs';
import type { LinearModel, TreeEnsemble } from '#domain/trained-model';
import { linearShap } from './linear-shap.js';
import { compileTreeShap } from './tree-shap.js';

interface Case<M> {
  readonly name: string;
  readonly model: M;
  readonly rows: readonly (readonly (number | null)[])[];
  /** By row and output. */
  readonly raw: readonly (readonly number[])[];
  /** By row and output: of each column, then the base. */
  readonly contributions: readonly (readonly (readonly number[])[])[];
}

const golden = JSON.parse(readFileSync(new URL('../fixtures/shap.golden.json', import.meta.url), 'utf8')) as {
  readonly trees: readonly Case<TreeEnsemble>[];
  readonly linear: readonly Case<LinearModel>[];
};
const columnsOf = (row: readonly (number | null)[]) => Float64Array.from(row, (value) => value ?? Number.NaN);

/** LightGBM and shap compute in doubles too. */
const TOLERANCE = 1e-9;

describe('the golden values', () => {
  it.each(golden.trees.map((one) => [one.name, one] as const))('of trees: %s', (_, { model, ...one }) => {
    const explain = compileTreeShap(model, one.rows[0]!.length);
    let gap = 0;
    for (const [at, row] of one.rows.entries()) {
      for (const [output, expected] of one.contributions[at]!.entries()) {
        const { base, contributions } = explain(columnsOf(row), output);
        const total = contributions.reduce((sum, value) => sum + value, base);
        gap = Math.max(gap, largestGap([...contributions, base], expected), Math.abs(total - one.raw[at]![output]!));
      }
    }
    expect(gap).toBeLessThan(TOLERANCE);
  });

  it.each(golden.linear.map((one) => [one.name, one] as const))('of linear models: %s', (_, { model, ...one }) => {
    let gap = 0;
    for (const [at, row] of one.rows.entries()) {
      for (const [output, expected] of one.contributions[at]!.entries()) {
        const { base, contributions } = linearShap(model, columnsOf(row), output);
        gap = Math.max(gap, largestGap([...contributions, base], expected));
      }
    }
    expect(gap).toBeLessThan(TOLERANCE);
  });
});

function largestGap(actual: readonly number[], expected: readonly number[]): number {
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value)));
}
