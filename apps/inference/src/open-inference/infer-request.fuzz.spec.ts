import fc from 'fast-check';
import type { Feature } from '#contracts';
import { MAX_ROWS, readInferRequest } from './infer-request.js';
import { ProtocolFault } from './tensor.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

const NUMBERS: readonly Feature[] = ['price', 'demand'].map((name) => ({
  kind: 'field',
  name,
  field: name,
  type: 'number',
}));
const MIXED: readonly Feature[] = [...NUMBERS, { kind: 'field', name: 'region', field: 'region', type: 'string' }];
const OUTPUTS = ['score', 'decision'];

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(-1, 2 ** 53, 1e308, 0, [], [[]], [[1, 2], 3], 'FP64', 'BYTES', '__proto__'),
);
const tensor = fc.record(
  {
    name: fc.oneof(fc.constantFrom('price', 'demand', 'region', 'features'), odd),
    datatype: fc.oneof(fc.constantFrom('FP64', 'FP32', 'INT64', 'BOOL', 'BYTES'), odd),
    shape: fc.oneof(
      fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
      fc.constantFrom([2 ** 32, 0], [1e300, 1e300], [0, 2], [1, 2]),
      odd,
    ),
    data: fc.oneof(fc.array(fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null))), odd),
    parameters: odd,
  },
  { requiredKeys: [] },
);
const request = fc.record(
  {
    id: fc.oneof(fc.string(), odd),
    inputs: fc.oneof(fc.array(fc.oneof(tensor, odd)), odd),
    outputs: odd,
    parameters: odd,
  },
  { requiredKeys: [] },
);

describe('an infer request', () => {
  it('of any JSON is rows that a model can take, or one sentence', () => {
    fc.assert(
      fc.property(fc.oneof(request, odd), fc.constantFrom(NUMBERS, MIXED), (it, features) => {
        const body = JSON.parse(JSON.stringify(it)) as unknown;
        const read = readInferRequest(body, features, OUTPUTS);
        if (read instanceof ProtocolFault) {
          expect(read.message.trim()).not.toBe('');
          expect(read.message).not.toMatch(/\[object|Maximum call/);
          return;
        }
        expect(read.rows.length).toBeGreaterThan(0);
        expect(read.rows.length).toBeLessThanOrEqual(MAX_ROWS);
        for (const row of read.rows) {
          expect(row).toHaveLength(features.length);
          row.forEach((value, column) => {
            const fits =
              value === null ||
              (features[column]!.type === 'string' ? typeof value === 'string' : Number.isFinite(value));
            expect(fits).toBe(true);
          });
        }
        for (const name of read.outputs ?? []) expect(OUTPUTS).toContain(name);
      }),
      { numRuns: 10 * RUNS },
    );
  });

  it('says the same as a matrix, flat or nested, and as columns', () => {
    const value = fc.oneof(fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 }), (rows) => {
        const given = JSON.parse(JSON.stringify(rows)) as typeof rows;
        const shape = [rows.length, 2];
        const rowsOf = (inputs: unknown): unknown => {
          const read = readInferRequest({ inputs }, NUMBERS, OUTPUTS);
          return read instanceof ProtocolFault ? read.message : read.rows;
        };
        expect(rowsOf([{ name: 'features', datatype: 'FP64', shape, data: given }])).toEqual(given);
        expect(rowsOf([{ name: 'features', datatype: 'FP64', shape, data: given.flat() }])).toEqual(given);
        const column = (at: 0 | 1) => ({ datatype: 'FP64', shape: [rows.length], data: given.map((row) => row[at]) });
        expect(
          rowsOf([
            { name: 'demand', ...column(1) },
            { name: 'price', ...column(0) },
          ]),
        ).toEqual(given);
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it('nested deeper than the stack is one sentence', () => {
    const data = JSON.parse(`${'['.repeat(100_000)}1${']'.repeat(100_000)}`) as unknown;
    const read = readInferRequest(
      { inputs: [{ name: 'price', datatype: 'FP64', shape: [1, 2], data }] },
      NUMBERS,
      OUTPUTS,
    );
    expect(read).toBeInstanceOf(ProtocolFault);
  });
});
