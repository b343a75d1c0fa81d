import { LogCoverage } from './log-coverage.js';

describe('LogCoverage', () => {
  it('starts where the oldest stretch that is needed starts', () => {
    const coverage = new LogCoverage();
    for (let batch = 0; batch < 5; batch++) coverage.add(batch * 1_001, 1_000, batch * 100);
    coverage.trim(250, 0);
    expect(coverage.from).toBe(3 * 1_001);
    expect(coverage.to).toBe(4 * 1_001 + 1_000);
  });

  it('keeps the last events, however old', () => {
    const coverage = new LogCoverage();
    for (let batch = 0; batch < 5; batch++) coverage.add(batch * 1_000, 1_000, batch);
    coverage.trim(Number.POSITIVE_INFINITY, 1_500);
    expect(coverage.from).toBe(3_000);
  });

  it('keeps what follows a stretch that is needed, even when it is older', () => {
    const coverage = new LogCoverage();
    coverage.add(0, 1_000, 900);
    coverage.add(1_000, 1_000, 100);
    coverage.trim(500, 0);
    expect(coverage.from).toBe(0);
  });

  it('needs nothing before its end when nothing is remembered', () => {
    const coverage = new LogCoverage();
    coverage.add(10, 5, 100);
    coverage.trim(Number.POSITIVE_INFINITY, 0);
    expect(coverage.from).toBe(15);
  });

  it('joins small batches', () => {
    const coverage = new LogCoverage();
    for (let offset = 0; offset < 100_000; offset++) coverage.add(offset, 1, offset);
    coverage.trim(50_500, 0);
    expect(coverage.from).toBe(1_578 * 32);
  });
});
