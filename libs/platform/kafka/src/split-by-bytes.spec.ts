import fc from 'fast-check';
import { splitByBytes } from './split-by-bytes.js';

const size = (item: number): number => item;

describe('splitByBytes', () => {
  it('keeps every item once, in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50)),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 9 }),
        (items, bytes, count) => {
          expect(splitByBytes(items, size, bytes, count).flat()).toEqual(items);
        },
      ),
    );
  });

  it('keeps to both limits, except for an item that is larger than one alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50)),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 9 }),
        (items, bytes, count) => {
          for (const part of splitByBytes(items, size, bytes, count)) {
            expect(part.length).toBeLessThanOrEqual(count);
            if (part.length > 1) expect(part.reduce((a, b) => a + b)).toBeLessThanOrEqual(bytes);
          }
        },
      ),
    );
  });
});
