import { labelRank } from './label-rank.js';

describe('labelRank', () => {
  it.each([
    [0, 0, 60036n],
    [1, 0, 125572n],
    [1, 1, 129086n],
    [1_764_000_000_000, 0.25, 115605504000038178n],
    [Number.MAX_SAFE_INTEGER, 2, 18446744073709546156n],
  ])('of revision %d and label %d stays what it was when rows were first ranked by it', (revision, label, rank) => {
    expect(labelRank(revision, label)).toBe(rank);
  });

  it('puts the higher revision first, whatever the labels say', () => {
    for (let label = 0; label < 50; label++) expect(labelRank(8, label) > labelRank(7, label * 31)).toBe(true);
  });

  it('tells labels of one revision apart, and does not take two spellings of a number for two', () => {
    expect(new Set(Array.from({ length: 100 }, (_, label) => labelRank(3, label))).size).toBe(100);
    expect(labelRank(3, -0)).toBe(labelRank(3, 0));
  });

  it('holds revisions within 64 bits', () => {
    expect(labelRank(-5, 1)).toBe(labelRank(0, 1));
    expect(labelRank(2 ** 52, 1)).toBe(labelRank(2 ** 48 - 1, 1));
    expect(labelRank(2 ** 52, 1) < 2n ** 64n).toBe(true);
  });
});
