import type { Feature } from '#contracts';
import { MAX_ROWS, readInferRequest } from './infer-request.js';
import { ProtocolFault } from './tensor.js';

const feature = (name: string, type: Feature['type'] = 'number'): Feature => ({
  kind: 'field',
  name,
  field: name,
  type,
});
const numbers = [feature('a'), feature('b')];
const mixed = [feature('a'), feature('shop', 'string')];
const tensor = (name: string, datatype: string, shape: readonly number[], data: readonly unknown[]) => {
  return { name, datatype, shape, data };
};
const read = (inputs: unknown, features: readonly Feature[] = numbers, rest: object = {}) =>
  readInferRequest({ inputs, ...rest }, features, ['score', 'decision']);
const rowsOf = (inputs: unknown, features?: readonly Feature[]) => {
  const request = read(inputs, features);
  if (request instanceof ProtocolFault) throw new Error(request.message);
  return request.rows;
};
const faultOf = (inputs: unknown, features?: readonly Feature[], rest?: object) => {
  const request = read(inputs, features, rest);
  if (!(request instanceof ProtocolFault)) throw new Error('accepted');
  return request.message;
};

describe('readInferRequest', () => {
  it('takes a matrix, flat or nested', () => {
    const rows = [
      [1, 2],
      [3, null],
    ];
    expect(rowsOf([tensor('x', 'FP32', [2, 2], rows)])).toEqual(rows);
    expect(rowsOf([tensor('x', 'FP32', [2, 2], rows.flat())])).toEqual(rows);
  });

  it('takes one tensor per feature, in any order, [rows] or [rows, 1]', () => {
    const inputs = [tensor('shop', 'BYTES', [2, 1], [['x'], ['y']]), tensor('a', 'BOOL', [2], [true, false])];
    expect(rowsOf(inputs, mixed)).toEqual([
      [1, 'x'],
      [0, 'y'],
    ]);
  });

  it('takes a single feature by its name or as a matrix of one column', () => {
    expect(rowsOf([tensor('a', 'INT64', [2], [1, 2])], [feature('a')])).toEqual([[1], [2]]);
    expect(rowsOf([tensor('x', 'FP64', [2, 1], [1, 2])], [feature('a')])).toEqual([[1], [2]]);
  });

  it('passes id, parameters and the wanted outputs on', () => {
    const rest = { id: 'i', parameters: { p: 1 }, outputs: [{ name: 'decision' }] };
    expect(read([tensor('x', 'FP32', [1, 2], [1, 2])], numbers, rest)).toEqual({
      id: 'i',
      parameters: { p: 1 },
      rows: [[1, 2]],
      outputs: ['decision'],
    });
  });

  it.each([
    ['no inputs', [], 'inputs is not a list of tensors'],
    ['an input that is none', [7], 'inputs[0] is not an object'],
    ['an input without a name', [{}], 'inputs[0] has no name'],
    ['an input without a shape', [{ name: 'x', datatype: 'FP32', data: [] }], 'input "x" has no shape, a list of whole numbers such as [1, 7]'],
    ['an input without data', [{ name: 'x', datatype: 'FP32', shape: [1] }], 'input "x" has no data, a list of values'],
    ['binary data', [{ name: 'x', parameters: { binary_data_size: 4 } }], 'input "x" comes as binary data, which is not supported: send data as JSON'],
    ['an input twice', [tensor('a', 'FP32', [1], [1]), tensor('a', 'FP32', [1], [1])], 'input "a" comes twice'],
    ['missing and unknown inputs', [tensor('a', 'FP32', [1], [1]), tensor('c', 'FP32', [1], [1])], 'missing are the inputs b; no feature is called c'],
    ['inputs of different lengths', [tensor('a', 'FP32', [1], [1]), tensor('b', 'FP32', [2], [1, 2])], 'input "b" has 2 rows, "a" has 1'],
    ['a wide input', [tensor('a', 'FP32', [1, 2], [1, 2]), tensor('b', 'FP32', [1], [1])], 'input "a" has the shape [1, 2]: send [rows] or [rows, 1]'],
    ['no rows', [tensor('x', 'FP32', [0, 2], [])], 'the inputs hold no rows'],
    ['a number that is infinite', [tensor('x', 'FP32', [1, 2], [1, Infinity])], 'row 0: feature b is null, expected a finite number or null'],
    ['a fraction as an integer', [tensor('x', 'INT64', [1, 2], [1, 2.5])], 'row 0: feature b is 2.5, which is not INT64'],
  ])('refuses %s', (_, inputs, message) => {
    expect(faultOf(inputs)).toBe(message);
  }); // prettier-ignore

  it('refuses strings in a matrix, and numbers for strings', () => {
    expect(faultOf([tensor('x', 'FP32', [1, 2], [1, 2])], mixed)).toMatch(
      /some of them strings: send one input per feature$/,
    );
    expect(faultOf([tensor('a', 'FP32', [1], [1]), tensor('shop', 'INT64', [1], [1])], mixed)).toBe(
      'row 0: feature shop is a string: send it as BYTES, not INT64',
    );
  });

  it('refuses more rows than it scores at once', () => {
    const rows = MAX_ROWS + 1;
    expect(faultOf([tensor('x', 'FP32', [rows, 2], new Array(rows * 2).fill(0))])).toMatch(
      /^the inputs hold 10001 rows/,
    );
  });
});
