import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

interface Report {
  readonly report: readonly {
    readonly fixture: string;
    readonly as: string;
    readonly expected: readonly string[];
    readonly reported: readonly string[];
  }[];
  readonly configured: readonly string[];
}

// A process of its own: ESLint loads its configuration as an ES module, outside jest's sandbox.
const root = join(import.meta.dirname, '..');
const output = execFileSync(process.execPath, ['tools/lint-fixtures/report.mjs'], {
  cwd: root,
  encoding: 'utf8',
  stdio: 'pipe',
  maxBuffer: 16 * 1024 * 1024,
});
const { report, configured } = JSON.parse(output) as Report;

describe('every lint rule bites where its fixture says, and nowhere else', () => {
  it.each(report.map((entry) => [entry.fixture, entry] as const))('%s', (_, { expected, reported }) => {
    expect(reported).toEqual(expected);
  });

  it('and none is configured that no fixture shows', () => {
    const shown = new Set(report.flatMap(({ reported }) => reported.map((line) => line.split(' ')[1])));
    expect(configured.filter((rule) => !shown.has(rule))).toEqual([]);
    expect(configured.length).toBeGreaterThan(10);
  });
});
