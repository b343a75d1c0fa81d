import { judgeWait, retryDelayMs, type WaitPatience } from './judge-wait.js';

const PATIENCE: WaitPatience = { withinMs: 3_600_000, graceMs: 60_000, longestDelayMs: 60_000 };
/** In data of 1996, looked at today. */
const LABEL = { labelTimeMs: Date.UTC(1996, 4, 7), sinceMs: 1_000_000, attempt: 3 };
const DUE = LABEL.labelTimeMs + PATIENCE.withinMs;

const judge = (logClockMs: number, waitedMs: number) =>
  judgeWait(LABEL, logClockMs, LABEL.sinceMs + waitedMs, PATIENCE);

describe('judgeWait', () => {
  it('lets a label wait while the log may still bring its prediction', () => {
    expect(judge(DUE, 120_000)).toEqual({ kind: 'wait', delayMs: 8_000 });
    expect(judge(Number.NEGATIVE_INFINITY, 120_000)).toEqual({ kind: 'wait', delayMs: 8_000 });
  });

  it('gives it up when the log has passed its time, and no earlier than the grace', () => {
    expect(judge(DUE + 1, 59_999).kind).toBe('wait');
    expect(judge(DUE + 1, 60_000)).toEqual({ kind: 'orphan', because: 'log_passed' });
  });

  it('gives it up when it has waited as long by the clock on the wall', () => {
    expect(judge(0, 3_599_999).kind).toBe('wait');
    expect(judge(0, 3_600_000)).toEqual({ kind: 'orphan', because: 'waited' });
  });
});

describe('retryDelayMs', () => {
  it('doubles from a second on, up to the longest', () => {
    const delays = Array.from({ length: 8 }, (_, attempt) => retryDelayMs(attempt, 60_000));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(retryDelayMs(1e9, 60_000)).toBe(60_000);
  });
});
