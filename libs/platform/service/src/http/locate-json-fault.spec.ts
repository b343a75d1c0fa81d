import fc from 'fast-check';
import { locateJsonFault } from './locate-json-fault.js';

describe('locateJsonFault', () => {
  it.each([
    ['{"a": x}', 6, 1, 7],
    ['{"a": 1,}', 8, 1, 9],
    ['{"a":\n  [1, 2,\n  }', 17, 3, 3],
    ['{"a"', 4, 1, 5],
    ['', 0, 1, 1],
    ['{} {}', 3, 1, 4],
    ['[01]', 2, 1, 3],
    ['{a: 1}', 1, 1, 2],
    ['"a\nb"', 0, 1, 1],
    ['{"price": NaN}', 10, 1, 11],
  ])('%j', (text, position, line, column) => {
    expect(locateJsonFault(text)).toEqual({ position, line, column });
  });

  it('finds none in JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: 0, max: 3 }), (text, indent) => {
        expect(locateJsonFault(JSON.stringify(JSON.parse(text), undefined, indent))).toBe(undefined);
      }),
    );
  });

  it('agrees with JSON.parse on any text', () => {
    const scraps = fc.array(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '1', '-', 'true', ' ', 'a', '\\', '.5', 'e'),
    );
    fc.assert(
      fc.property(scraps, (parts) => {
        const text = parts.join('');
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect(locateJsonFault(text) === undefined).toBe(isJson);
      }),
      { numRuns: 2_000 },
    );
  });
});
