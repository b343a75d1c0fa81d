import fc from 'fast-check';
import { chiSquareSurvival } from '#domain/statistics';
import { hashOf, inShare, isChallenger, type ShareDomain } from './index.js';

const KEYS = Array.from({ length: 10_000 }, (_, i) => `customer-${i}`);

/** How improbable the counts are if all were equally likely. Nothing here is drawn: the keys are fixed, and so is the answer. */
function uniformity(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return chiSquareSurvival(
    counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0),
    counts.length - 1,
  );
}

function tally(cells: number, cellOf: (key: string) => number): readonly number[] {
  const counts = new Array<number>(cells).fill(0);
  for (const key of KEYS) counts[cellOf(key)]! += 1;
  return counts;
}

const decile = (domain: ShareDomain, salt: string, key: string): number =>
  Math.floor((hashOf(domain, salt, key) / 2 ** 32) * 10);

describe('assignment of keys', () => {
  // Whoever changes one of these moves customers from one arm to the other: count the domain up instead.
  it.each([
    ['route/v1', 'rollout-7', 'NSW1', 1_144_904_688],
    ['flag/v1', 'rollout-7', 'NSW1', 1_135_331_135],
    ['route/v1', 'rollout-8', 'NSW1', 2_327_997_724],
    ['route/v1', 'rollout-7', 'Zürich · 東京 🌊', 2_112_779_619],
    ['explain/v1', '', '', 785_716_552],
  ] as const)('is what mmh3 (Python) says of %s, %s, %s', (domain, salt, key, hash) => {
    expect(hashOf(domain, salt, key)).toBe(hash);
    expect(inShare(domain, salt, key, hash / 2 ** 32)).toBe(false);
    expect(inShare(domain, salt, key, (hash + 1) / 2 ** 32)).toBe(true);
  });

  it('is by the hash of the route', () => {
    for (const key of KEYS.slice(0, 100)) {
      expect(isChallenger('rollout-7', key, 0.3)).toBe(inShare('route/v1', 'rollout-7', key, 0.3));
    }
  });

  it('gives nobody a share of 0 and everybody a share of 1', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (salt, key) => {
        expect(isChallenger(salt, key, 0)).toBe(false);
        expect(isChallenger(salt, key, 1)).toBe(true);
      }),
    );
  });

  it('keeps every key of a smaller share', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string(), fc.string(), share, share, (salt, key, a, b) => {
        if (isChallenger(salt, key, Math.min(a, b))) expect(isChallenger(salt, key, Math.max(a, b))).toBe(true);
      }),
    );
  });

  it.each([0.01, 0.05, 0.25, 0.5])('has the share %d of the keys', (share) => {
    const [inside = 0] = tally(2, (key) => (isChallenger('rollout-3', key, share) ? 0 : 1));
    const deviation = Math.sqrt(KEYS.length * share * (1 - share));
    expect(Math.abs(inside - KEYS.length * share)).toBeLessThan(4 * deviation);
  });

  it('spreads keys evenly', () => {
    expect(
      uniformity(tally(100, (key) => Math.floor(hashOf('route/v1', 'rollout-3', key) / (2 ** 32 / 100)))),
    ).toBeGreaterThan(1e-3);
  });

  it('is independent of the answer under another salt, and of the other domains', () => {
    const others = [
      (key: string) => decile('route/v1', 'rollout-4', key),
      (key: string) => decile('flag/v1', 'rollout-3', key),
      (key: string) => decile('explain/v1', 'rollout-3', key),
    ];
    for (const other of others) {
      const cells = tally(100, (key) => decile('route/v1', 'rollout-3', key) * 10 + other(key));
      expect(uniformity(cells)).toBeGreaterThan(1e-3);
    }
  });
});
