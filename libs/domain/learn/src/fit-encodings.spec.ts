import { crossFitted, fitEncodings } from './fit-encodings.js';

const FEATURES = [{ name: 'country', type: 'string' }] as const;
const repeated = (level: string | null, times: number) => new Array<string | null>(times).fill(level);
const COUNTRIES = [
  ...repeated('au', 20),
  ...repeated('nz', 10),
  ...repeated('', 3),
  ...repeated(null, 3),
  ...repeated('fj', 4),
];
const LABELS = Float64Array.from(COUNTRIES, (level, row) =>
  level === 'nz' || (level === 'au' && row % 4 === 0) ? 1 : 0,
);
const MEAN = 15 / 40;

const encodingOf = (kind: 'one_hot' | 'ordinal', task: Parameters<typeof fitEncodings>[3], maxLevels = 100) =>
  fitEncodings(FEATURES, [COUNTRIES], LABELS, task, { kind, maxLevels })[0]!;

describe('fitEncodings', () => {
  it('gives levels by frequency, without rare and missing ones', () => {
    expect(encodingOf('one_hot', 'binary-classification')).toEqual({
      kind: 'one_hot',
      name: 'country',
      levels: ['au', 'nz'],
    });
    expect(encodingOf('one_hot', 'binary-classification', 1)).toMatchObject({ levels: ['au'] });
  });

  it('gives a level the mean of its labels, drawn to that of all', () => {
    const values = [(5 + 20 * MEAN) / 40, (10 + 20 * MEAN) / 30].map(Math.fround);
    expect(encodingOf('ordinal', 'binary-classification')).toEqual({ kind: 'ordinal', name: 'country', levels: ['au', 'nz'], values }); // prettier-ignore
  });

  it('gives a level its share of the rows where there are several classes', () => {
    expect(encodingOf('ordinal', 'multiclass-classification')).toMatchObject({ values: [0.5, 0.25] });
  });

  it('leaves numbers as they are', () => {
    const numbers = [{ name: 'x', type: 'number' }] as const;
    expect(fitEncodings(numbers, [Float32Array.of(1)], Float64Array.of(1), 'regression', { kind: 'ordinal', maxLevels: 1 })).toEqual([{ kind: 'number', name: 'x' }]); // prettier-ignore
  });
});

describe('crossFitted', () => {
  const encoding = encodingOf('ordinal', 'binary-classification') as Parameters<typeof crossFitted>[0];

  it('gives a row nothing of its own label', () => {
    const column = crossFitted(encoding, COUNTRIES, LABELS);
    for (let row = 0; row < COUNTRIES.length; row++) {
      const flipped = LABELS.map((label, at) => (at === row ? 1 - label : label));
      const [own, change] = [column[row]!, crossFitted(encoding, COUNTRIES, flipped)[row]!];
      // But for the mean of all, of which it is one row in forty.
      if (!Number.isNaN(own)) expect(Math.abs(own - change)).toBeLessThan((20 / 20) * (1 / 40) + 1e-6);
      else expect(change).toBeNaN();
    }
    expect(column.filter(Number.isNaN)).toHaveLength(10);
  });

  it('is the mean of the level in about four fifths of the rows', () => {
    const levels = repeated('au', 10_000);
    const labels = Float64Array.from(levels, (_, row) => (row % 5 === 0 ? 1 : 0));
    const encoding = { kind: 'ordinal', name: 'country', levels: ['au'], values: [0.2] } as const;
    const column = crossFitted(encoding, levels, labels);
    // Five parts, of which none knows that every fifth row is positive: within four standard deviations of a mean of 8,000.
    expect(new Set(column).size).toBe(5);
    const gaps = column.map((value) => Math.abs(value - 0.2));
    expect(Math.max(...gaps)).toBeLessThan(4 * Math.sqrt(0.16 / 8_000));
  });
});
