import { sampleRows } from './sample-rows.js';

const sampleOf = (count: number, most: number) => {
  const sample = sampleRows<number>(most);
  for (let row = 0; row < count; row++) sample.offer(row);
  return sample.rows();
};

describe('sampleRows', () => {
  it('keeps all where there are not too many', () => {
    expect(sampleOf(5, 10)).toEqual([0, 1, 2, 3, 4]);
    expect(sampleOf(0, 10)).toEqual([]);
  });

  it('gives the same sample of the same rows, in their order', () => {
    const rows = sampleOf(10_000, 500);
    expect(rows).toHaveLength(500);
    expect(rows).toEqual(sampleOf(10_000, 500));
    expect(rows).toEqual(rows.toSorted((a, b) => a - b));
  });

  it('prefers no part of them', () => {
    const perTenth = new Array<number>(10).fill(0);
    for (const row of sampleOf(50_000, 5_000)) perTenth[Math.floor(row / 5_000)]!++;
    // Five standard deviations of a count of 500.
    for (const count of perTenth) expect(Math.abs(count - 500)).toBeLessThan(5 * Math.sqrt(500 * 0.9));
  });
});
