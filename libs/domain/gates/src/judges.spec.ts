import type { GatesDefinition } from '#contracts';
import { seededUniforms } from '#domain/statistics';
import {
  judgeFairness,
  judgeHoldout,
  judgeLatency,
  judgeSize,
  judgeSlices,
  type GateScores,
  type ScoredHoldout,
} from './index.js';

const GATES: GatesDefinition = {
  metric: 'log_loss',
  minGain: 0,
  confidence: 0.95,
  tolerance: 0.01,
  slices: { by: ['region'], worseBy: 0.02, minRows: 50 },
  fairness: { by: ['region'], atMost: 0.1, minRows: 50 },
  maxLatencyMs: 5,
  maxSizeBytes: 1_000,
  maxFlipRate: 0.05,
  backtestRows: 0,
  replayTolerance: 0,
};

const said = (scores: readonly number[], problems: ReadonlyMap<number, string> = new Map()): GateScores => ({
  scores,
  classScores: null,
  problems,
});

/** 400 rows, half in the north; scores that are right by `skill` of the way from one half. */
function holdout(skill: (row: number, region: string) => number, championSkill = 0.3): ScoredHoldout {
  const uniform = seededUniforms(3);
  const rows = Array.from({ length: 400 }, (_, row) => ({
    features: [],
    label: uniform() < 0.5 ? 1 : 0,
    slices: [row % 2 === 0 ? 'north' : row < 21 ? 'islands' : 'south'],
  }));
  const score = (by: (row: number, region: string) => number): GateScores =>
    said(rows.map(({ label, slices: [region] }, row) => 0.5 + (label - 0.5) * by(row, region!)));
  return {
    task: 'binary-classification',
    threshold: 0.5,
    slices: ['region'],
    rows,
    candidate: score(skill),
    champion: { version: '3', scores: score(() => championSkill) },
  };
}

describe('judgeHoldout', () => {
  it('passes a candidate that is better by its figures and their interval', () => {
    const { verdict, summary, evidence } = judgeHoldout(
      GATES,
      holdout(() => 0.5),
    );
    expect(verdict).toBe('passed');
    expect(summary).toBe(
      'log_loss 0.2877 against 0.4308 of version 3: gain +0.1431, [+0.1431, +0.1431] at 95 %, on 400 rows; asked for are +0, with a lower end of -0.01 at least',
    );
    expect(evidence).toMatchObject({ against: '3', metric: 'log_loss', rows: 400, method: 'bootstrap', minGain: 0 });
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
  });

  it('fails one that is worse', () => {
    expect(
      judgeHoldout(
        GATES,
        holdout(() => 0.29),
      ),
    ).toMatchObject({ verdict: 'failed' });
  });

  it('fails one that is better, but may as well be worse', () => {
    // Right more often than not, and very wrong else.
    const lucky = holdout((row) => (row % 9 === 0 ? -0.9 : 0.6));
    const gain = judgeHoldout({ ...GATES, minGain: -1, tolerance: 9 }, lucky).evidence['gain'] as number;
    expect(judgeHoldout({ ...GATES, minGain: gain - 0.001, tolerance: 0.002 }, lucky).verdict).toBe('failed');
    expect(judgeHoldout({ ...GATES, minGain: gain - 0.001, tolerance: 0.2 }, lucky).verdict).toBe('passed');
  });

  it('does not apply without a champion', () => {
    expect(judgeHoldout(GATES, { ...holdout(() => 0.5), champion: null })).toMatchObject({
      verdict: 'not_applicable',
      summary: 'no champion to compare with: log_loss 0.2877 on 400 rows',
    });
  });

  it('fails one that cannot score what is scored today', () => {
    const given = holdout(() => 0.5);
    const scores = Array.from(given.candidate.scores).with(7, NaN);
    const refusing = { ...given, candidate: said(scores, new Map([[7, 'the model failed: no such word']])) };
    expect(judgeHoldout(GATES, refusing)).toMatchObject({
      verdict: 'failed',
      summary: 'it gives 1 of 400 rows no score, the first because the model failed: no such word',
    });
  });
});

describe('judgeSlices', () => {
  it('passes where no slice of enough rows is worse by more than declared', () => {
    const { verdict, summary } = judgeSlices(
      GATES,
      holdout((_, region) => (region === 'islands' ? -0.5 : 0.5)),
    );
    expect(verdict).toBe('passed');
    expect(summary).toBe(
      'none of 2 slices worse than version 3 by more than 0.02 log_loss; least gain +0.1431 where region=north (200 rows); 1 with fewer than 50 rows left out',
    );
  });

  it('fails where one is, however good the others are', () => {
    const { verdict, summary, evidence } = judgeSlices(
      GATES,
      holdout((_, region) => (region === 'south' ? 0.1 : 0.9)),
    );
    expect(verdict).toBe('failed');
    expect(summary).toContain(
      '1 of 2 slices worse than version 3 by more than 0.02 log_loss; least gain -0.1671 where region=south',
    );
    expect(evidence).toMatchObject({ beyond: ['region=south'] });
  });

  it('does not apply without slices, a champion, or rows enough', () => {
    expect(
      judgeSlices(
        { ...GATES, slices: null },
        holdout(() => 0.5),
      ).verdict,
    ).toBe('not_applicable');
    expect(judgeSlices(GATES, { ...holdout(() => 0.5), champion: null }).verdict).toBe('not_applicable');
    const large = { ...GATES, slices: { ...GATES.slices!, minRows: 1_000 } };
    expect(
      judgeSlices(
        large,
        holdout(() => 0.5),
      ),
    ).toMatchObject({
      verdict: 'not_applicable',
      summary: 'none of 3 slices by region has the 1,000 rows and the classes that log_loss needs',
    });
  });
});

describe('judgeFairness', () => {
  const generous = (row: number, region: string): number => (region === 'north' ? 0.5 : row % 4 === 1 ? -0.5 : 0.5);

  it('passes groups that are decided alike', () => {
    expect(
      judgeFairness(
        GATES,
        holdout(() => 0.5),
      ).verdict,
    ).toBe('passed');
  });

  it('fails where one group is decided positive more often than declared', () => {
    const given = holdout(generous);
    const favoured = {
      ...given,
      candidate: said(given.rows.map(({ slices: [region] }) => (region === 'north' ? 0.9 : 0.1))),
    };
    const { verdict, summary } = judgeFairness(GATES, favoured);
    expect(verdict).toBe('failed');
    expect(summary).toMatch(
      /^demographic parity difference by region 1 \(positive: south 0 %, north 100 %\), at most 0\.1; the champion's is 0\.0\d+$/,
    );
  });

  it('does not apply where there are no decisions, groups or rows', () => {
    const given = holdout(() => 0.5);
    expect(judgeFairness(GATES, { ...given, task: 'regression' }).verdict).toBe('not_applicable');
    expect(judgeFairness({ ...GATES, fairness: null }, given).verdict).toBe('not_applicable');
    expect(judgeFairness({ ...GATES, fairness: { ...GATES.fairness!, minRows: 500 } }, given)).toMatchObject({
      verdict: 'not_applicable',
      summary: 'no two groups by region with 500 rows each',
    });
  });
});

describe('judgeLatency and judgeSize', () => {
  it('hold the bounds, themselves included', () => {
    expect(judgeLatency(GATES, { p50Ms: 1, p99Ms: 5, rows: 500 })).toMatchObject({
      verdict: 'passed',
      summary: 'scoring one row takes 1 ms, 5 ms at the 99th percentile of 500; at most 5 ms',
    });
    expect(judgeLatency(GATES, { p50Ms: 1, p99Ms: 5.001, rows: 500 }).verdict).toBe('failed');
    expect(judgeLatency(GATES, { p50Ms: NaN, p99Ms: NaN, rows: 0 }).verdict).toBe('failed');
    expect(judgeSize(GATES, 1_000).verdict).toBe('passed');
    expect(judgeSize(GATES, 1_001)).toMatchObject({
      verdict: 'failed',
      summary: 'the file has 1,001 bytes, at most 1,000',
    });
  });
});
