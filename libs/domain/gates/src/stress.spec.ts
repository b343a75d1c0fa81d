import type { AvroSchema, Expectation, PipelineDefinition } from '#contracts';
import { seededUniforms } from '#domain/statistics';
import { featureRanges, judgeStress, stressModel, type FeatureRow, type GatedRows, type Scorer } from './index.js';

const nullable = (type: string): AvroSchema => ['null', type];
const common = { on: 'quarantine' } as const;

type Stressed = Pick<PipelineDefinition, 'features' | 'expectations' | 'event' | 'model'>;
const DEFINITION: Stressed = {
  features: [
    { name: 'price', type: 'number', kind: 'field', field: 'price' },
    { name: 'day', type: 'number', kind: 'field', field: 'day' },
    { name: 'region', type: 'string', kind: 'field', field: 'region' },
  ],
  expectations: [
    { name: 'price', kind: 'range', field: 'price', min: 0, max: 100, ...common },
    { name: 'wide', kind: 'range', field: 'price', max: 5, on: 'flag' },
    { name: 'region', kind: 'set', field: 'region', values: ['north', 'south'], ...common },
    { name: 'there', kind: 'notNull', field: 'region', ...common },
  ] satisfies Expectation[],
  event: {
    id: 'id',
    key: 'id',
    time: 'at',
    schema: {
      type: 'record',
      name: 'Event',
      fields: [
        { name: 'price', type: nullable('double') },
        { name: 'day', type: 'int' },
        { name: 'region', type: nullable('string') },
      ],
    },
  },
  model: { task: 'binary-classification', threshold: 0.5 },
};

const uniform = seededUniforms(5);
const HOLDOUT: GatedRows = {
  slices: ['region'],
  rows: Array.from({ length: 500 }, (_, row) => {
    const region = row % 4 === 0 ? 'north' : 'south';
    return { features: [100 * uniform(), 1 + (row % 7), region], label: row % 2, slices: [region] };
  }),
};

/** P(positive) by the price; the middle is where decisions turn. */
const logistic =
  (steepness: number, seen: FeatureRow[] = []): Scorer =>
  async (rows) => {
    seen.push(...rows);
    const scores = rows.map(([price]) => 1 / (1 + Math.exp(-steepness * (Number(price ?? 0) - 50))));
    return { scores, classScores: null, problems: new Map() };
  };

describe('featureRanges', () => {
  it('are what expectations let through, what the schema allows, and what occurs', () => {
    const [price, day, region] = featureRanges(DEFINITION, HOLDOUT.rows);
    expect(price).toMatchObject({ low: 0, high: 100, isWhole: false, mayBeMissing: true });
    expect(day).toMatchObject({ low: null, high: null, usualLow: 1, usualHigh: 7, isWhole: true, mayBeMissing: false });
    expect(region).toEqual({ kind: 'string', name: 'region', values: ['north', 'south'], mayBeMissing: false });
  });
});

describe('stressModel', () => {
  it('gives inputs within what is declared, and nothing missing that cannot be', async () => {
    const seen: FeatureRow[] = [];
    const report = await stressModel(DEFINITION, HOLDOUT, logistic(0.1, seen));
    const prices = seen.flatMap(([price]) => (typeof price === 'number' ? [price] : []));
    expect([Math.min(...prices), Math.max(...prices)]).toEqual([0, 100]);
    const days = seen.map(([, day]) => day as number);
    expect([Math.min(...days), Math.max(...days)]).toEqual([-3.4028234663852886e38, 3.4028234663852886e38]);
    expect(days.every(Number.isInteger)).toBe(true);
    expect(new Set(seen.map(([, , region]) => region))).toEqual(new Set(['north', 'south']));
    expect(seen.some(([price]) => price === null)).toBe(true);
    expect(report.checks.map(({ inputs, broken }) => [inputs, broken])).toEqual([
      ['extreme', 0],
      ['missing', 0],
      ['perturbed', 0],
      ['nudged', 0],
    ]);
    expect(judgeStress({ maxFlipRate: 0.05 }, report).verdict).toBe('passed');
  });

  it('finds every decision that a hundredth of the range can turn, where chance finds some of them', async () => {
    const { flips, slices } = await stressModel(DEFINITION, HOLDOUT, logistic(0.1));
    // Prices are even between 0 and 100: one in fifty lies within a hundredth of the range of 50.
    const near = HOLDOUT.rows.filter(({ features: [price] }) => Math.abs((price as number) - 50) < 0.99).length / 500;
    expect(flips.nudged).toBeCloseTo(near, 12);
    expect(flips.perturbed).toBeGreaterThan(0);
    expect(flips.perturbed).toBeLessThan(flips.nudged);
    expect(slices.map(({ slice }) => slice).toSorted()).toEqual(['region=north', 'region=south']);
    expect(slices[0]!.nudged).toBeGreaterThanOrEqual(slices[1]!.nudged);
  });

  it('fails a model that turns with every breath', async () => {
    // Decides by the third decimal.
    const nervous: Scorer = async (rows) => ({
      scores: rows.map(([price]) => (Math.floor(Number(price) * 1_000) % 2 === 0 ? 0.9 : 0.1)),
      classScores: null,
      problems: new Map(),
    });
    const { verdict, summary } = judgeStress({ maxFlipRate: 0.05 }, await stressModel(DEFINITION, HOLDOUT, nervous));
    expect(verdict).toBe('failed');
    expect(summary).toMatch(
      /^all [\d,]+ extreme, missing, perturbed and nudged inputs have a sound score; changes of a hundredth of each range turn (49|50|51)[.\d]* % of 500 decisions, at most 5 %, and [6-9]\d[.\d]* % where it is tried; most where region=/,
    );
  });

  it('fails a model that has no sound score for an input that may come, and says which', async () => {
    const fragile: Scorer = async (rows) => ({
      scores: rows.map(([price, day]) => (price === null ? NaN : Number(day) > 1e30 ? 1.5 : 0.7)),
      classScores: null,
      problems: new Map(rows.flatMap(([price], row) => (price === null ? [[row, 'price is missing'] as const] : []))),
    });
    const report = await stressModel(DEFINITION, HOLDOUT, fragile);
    expect(judgeStress({ maxFlipRate: 1 }, report)).toMatchObject({
      verdict: 'failed',
      summary: expect.stringContaining(
        '6 of 32 extreme inputs have none (day = 3.4028234663852886e+38: the score is 1.5, not in [0, 1]); ' +
          '10 of 10 missing inputs have none (price missing: price is missing)',
      ),
    });
  });

  it('holds a regression to finite values, further out than its rows, and to steps smaller than its labels vary', async () => {
    const line: Scorer = async (rows) => ({
      scores: rows.map(([price, day]) => Number(price) * 1e3 + Number(day)),
      classScores: null,
      problems: new Map(),
    });
    const definition: Stressed = { ...DEFINITION, model: { task: 'regression', threshold: 0 } };
    const report = await stressModel(definition, HOLDOUT, line);
    expect(report.checks.every(({ broken }) => broken === 0)).toBe(true);
    expect(report).toMatchObject({
      flips: { nudged: 1 },
      flipMeans: expect.stringContaining('the value moves by more than 0.5'),
    });
  });
});
