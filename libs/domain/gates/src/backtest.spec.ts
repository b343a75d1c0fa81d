import { backtestRows, judgeReplay, type BacktestModels, type LoggedRow, type Scorer } from './index.js';

const scorer =
  (score: (value: number) => number): Scorer =>
  async (rows) => {
    const scores = rows.map(([value]) => score(Number(value)));
    const problems = new Map(scores.flatMap((one, row) => (Number.isFinite(one) ? [] : [[row, 'no score'] as const])));
    return { scores, classScores: null, problems };
  };
const half = scorer((value) => value / 2);

const row = (at: number, changes: Partial<LoggedRow> = {}): LoggedRow => ({
  id: `e-${at}`,
  time: 1_000 * at,
  version: '1',
  score: (at % 100) / 200,
  classScores: [],
  threshold: 0.25,
  features: [(at % 100) / 100],
  label: at % 100 >= 50 ? 1 : 0,
  slices: [at % 3 === 0 ? 'north' : 'south'],
  ...changes,
});

async function* batched(rows: readonly LoggedRow[], size = 64): AsyncGenerator<readonly LoggedRow[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

const settings = {
  rule: { task: 'binary-classification', threshold: 0.25 },
  slices: ['region'],
  tolerance: 1e-6,
  metrics: ['accuracy'],
  confidence: 0.95,
  runtime: { name: 'a runtime', version: '1.0.0', provider: 'cpu' },
} as const;
const rows = Array.from({ length: 500 }, (_, at) => row(at));
const models = (incumbent: Scorer, candidate: Scorer | null): BacktestModels => ({
  incumbent: async (version) => (version === '1' ? { score: incumbent } : { missing: 'its file is gone' }),
  candidate,
});

describe('backtestRows', () => {
  it('makes stored scores anew, to the last bit', async () => {
    const report = await backtestRows(batched(rows), settings, models(half, null));
    expect(report).toMatchObject({
      rows: 500,
      fromMs: 0,
      toMs: 499_000,
      labelled: 500,
      candidate: null,
      versions: [{ version: '1', rows: 500, equal: 500, beyond: 0, maxDifference: 0, worst: null, missing: null }],
    });
    expect(judgeReplay(report)).toMatchObject({
      verdict: 'passed',
      summary: '500 of 500 scores of version 1 came out again to the last bit, the furthest 0 off, within 0.000001',
      evidence: { runtime: settings.runtime },
    });
  });

  it('allows for rounding within the tolerance, and says how much there was', async () => {
    const rounded = scorer((value) => value / 2 + (value > 0.9 ? 5e-7 : 0));
    const report = await backtestRows(batched(rows), settings, models(rounded, null));
    expect(report.versions).toMatchObject([{ equal: 455, beyond: 0, maxDifference: expect.closeTo(5e-7, 12) }]);
    expect(judgeReplay(report).verdict).toBe('passed');
  });

  it('fails where another model stands in the incumbent’s place', async () => {
    const report = await backtestRows(
      batched(rows),
      settings,
      models(
        scorer((value) => value / 2.01),
        half,
      ),
    );
    expect(judgeReplay(report)).toMatchObject({
      verdict: 'failed',
      summary: expect.stringContaining(
        '5 of 500 scores of version 1 came out again to the last bit, the furthest 0.002463 off, 495 not within 0.000001',
      ),
    });
    expect(report.versions[0]!.worst).toEqual({ id: 'e-99', stored: 0.495, replayed: expect.closeTo(0.4925, 4) });
  });

  it('fails where a version that served cannot be had', async () => {
    const mixed = rows.map((one, at) => (at >= 400 ? { ...one, version: '2' } : one));
    const report = await backtestRows(batched(mixed), settings, models(half, null));
    expect(judgeReplay(report)).toMatchObject({
      verdict: 'failed',
      summary: expect.stringContaining('version 2: its file is gone'),
    });
  });

  it('says what a candidate would have decided, where, and how its scores lie', async () => {
    const report = await backtestRows(
      batched(rows),
      settings,
      models(
        half,
        scorer((value) => value * 0.6),
      ),
    );
    // Positive from 0.417 on instead of 0.5.
    expect(report.candidate).toMatchObject({
      unscored: 0,
      flips: { rows: 500, flipped: 40, kinds: { 'negative → positive': 40 } },
      psi: expect.any(Number),
      scores: { min: 0, max: expect.closeTo(0.594, 12) },
    });
    const { slices } = report.candidate!.flips;
    expect(slices.reduce((sum, { flipped }) => sum + flipped, 0)).toBe(40);
    expect(report.comparisons).toMatchObject([{ metric: 'accuracy', rows: 500, candidate: 0.92, champion: 1 }]);
    expect(judgeReplay(report)).toMatchObject({
      verdict: 'passed',
      summary: expect.stringContaining('8 % of the decisions would be others, PSI of the scores'),
    });
  });

  it('compares on rows with labels only, and fails a candidate that gives no score', async () => {
    const some = rows.map((one, at) => (at % 2 === 0 ? { ...one, label: null } : one));
    const report = await backtestRows(
      batched(some),
      settings,
      models(
        half,
        scorer((value) => (value > 0.985 ? NaN : value / 2)),
      ),
    );
    expect(report).toMatchObject({ labelled: 250, candidate: { unscored: 5, firstProblem: 'no score' } });
    expect(report.comparisons).toMatchObject([{ rows: 245 }]);
    expect(judgeReplay(report)).toMatchObject({
      verdict: 'failed',
      summary: expect.stringContaining('the candidate gives 5 no score (no score)'),
    });
  });

  it('compares the scores of every class', async () => {
    const classes: Scorer = async (given) => ({
      scores: given.map(() => 0.7),
      classScores: given.flatMap(() => [0.7, 0.2, 0.1]),
      problems: new Map(),
    });
    const logged = rows.map((one) => ({ ...one, score: 0.7, classScores: [0.7, 0.1, 0.2] }));
    const rule = { task: 'multiclass-classification', threshold: 0 } as const;
    const report = await backtestRows(batched(logged), { ...settings, rule }, models(classes, classes));
    expect(report.versions).toMatchObject([{ equal: 0, beyond: 500, maxDifference: expect.closeTo(0.1, 12) }]);
    expect(report.candidate!.flips.flipped).toBe(0);
  });

  it('does not apply to an empty log, and is given up when it is told to', async () => {
    expect(judgeReplay(await backtestRows(batched([]), settings, models(half, half))).verdict).toBe('not_applicable');
    const cancel = new AbortController();
    const hooks = { signal: cancel.signal, onProgress: () => cancel.abort(new Error('enough')) };
    await expect(backtestRows(batched(rows), settings, models(half, null), hooks)).rejects.toThrow('enough');
  });
});
