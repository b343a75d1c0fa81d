import { parseAvroType } from './avro-type.js';
import { createEncoder } from './avro-value-encoder.js';
import { decodeProgress } from './decode-progress.js';

const TYPE = parseAvroType({
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'from', type: { type: 'record', name: 'Account', fields: [{ name: 'iban', type: 'string' }] } },
    { name: 'amount', type: 'double' },
    { name: 'note', type: ['null', 'string'] },
  ],
});
const value = createEncoder(TYPE, 7)({ id: 'p-1', from: { iban: 'DE1' }, amount: 12.5, note: 'x' });

describe('decodeProgress', () => {
  it('reads every field of a whole value, those within records by their path', () => {
    expect(decodeProgress(TYPE, 'writer', value)).toEqual({
      schema: 'Payment',
      by: 'writer',
      fields: [
        { path: 'id', at: 5, value: 'p-1' },
        { path: 'from.iban', at: 9, value: 'DE1' },
        { path: 'amount', at: 13, value: 12.5 },
        { path: 'note', at: 21, value: 'x' },
      ],
      failed: null,
      leftOverBytes: 0,
    });
  });

  it('names the field within which a truncated value ends, at its byte, and what came before', () => {
    const { fields, failed } = decodeProgress(TYPE, 'writer', value.subarray(0, 16));
    expect(fields.map(({ path }) => path)).toEqual(['id', 'from.iban']);
    expect(failed).toEqual({
      path: 'amount',
      type: 'double',
      at: 13,
      problem: 'the value ends within it, 3 bytes after its beginning',
    });
  });

  it('names the field whose bytes make no sense', () => {
    const strange = Buffer.from(value);
    strange[21] = 0x0e; // branch 7 of two
    expect(decodeProgress(TYPE, 'writer', strange).failed).toMatchObject({
      path: 'note',
      at: 21,
      problem: expect.stringContaining('index') as string,
    });
  });

  it('counts what is left over', () => {
    expect(decodeProgress(TYPE, 'reader', Buffer.concat([value, Buffer.alloc(4)]))).toMatchObject({
      failed: null,
      leftOverBytes: 4,
    });
  });

  it('takes any bytes', () => {
    for (let length = 5; length < value.length; length++) {
      expect(decodeProgress(TYPE, 'writer', value.subarray(0, length)).failed).not.toBeNull();
    }
  });
});
