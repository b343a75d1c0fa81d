import type { DiskFacts } from './clickhouse-facts.js';
import { judgeServer } from './judge-clickhouse.js';

const GIB = 1024 ** 3;

function judged(version: string, disk: Partial<DiskFacts> = {}): readonly string[] {
  const disks = [
    { name: 'default', freeBytes: 50 * GIB, totalBytes: 100 * GIB, broken: false, readOnly: false, ...disk },
  ];
  const value = {
    version,
    user: 'eddyline',
    clock: { aheadMs: 0, uncertainMs: 1 },
    disks: { ok: true, value: disks },
    partLimits: { ok: true, value: { delay: 1_000, refuse: 3_000 } },
  } as const;
  return judgeServer('http://c', 'eddyline', { ok: true, value }, 'start it')
    .filter(({ severity }) => severity !== 'ok')
    .map(({ severity, subject }) => `${severity} ${subject}`);
}

describe('judgeServer', () => {
  it.each([
    ['26.7.2.1', []],
    ['24.8.1', []],
    ['24.3.9', ['warn http://c']],
    ['22.2.1', ['warn http://c']],
    ['21.12.3', ['fail http://c']],
  ])('version %s: %j', (version, complaints) => {
    expect(judged(version)).toEqual(complaints);
  });

  it.each([
    ['a tenth of a large disk', { freeBytes: 90 * GIB, totalBytes: 1_000 * GIB }, []],
    ['little of a small disk, but most of it', { freeBytes: 4 * GIB, totalBytes: 8 * GIB }, []],
    ['little in both', { freeBytes: 5 * GIB, totalBytes: 100 * GIB }, ['warn disk default']],
    ['next to nothing', { freeBytes: GIB / 2, totalBytes: 100 * GIB }, ['fail disk default']],
    ['a read-only disk', { readOnly: true }, ['fail disk default']],
  ])('%s', (_, disk, complaints) => {
    expect(judged('26.7', disk)).toEqual(complaints);
  });

  it('names the user whose password is refused', () => {
    const answer = { ok: false, trouble: { kind: 'login', message: 'refused' } } as const;
    expect(judgeServer('http://c', 'ann', answer, '')).toMatchObject([
      { severity: 'fail', message: 'it refuses user ann: unknown, or another password' },
    ]);
  });
});
