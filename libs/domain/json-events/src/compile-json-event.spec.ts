import avsc from 'avsc';
import fc from 'fast-check';
import type { AvroRecordSchema, AvroSchema } from '#contracts';
import { compileJsonEvent } from './compile-json-event.js';

const bytesFrom = (bytes: Uint8Array) => Buffer.from(bytes);

function schemaOf(type: AvroSchema, rest: object = {}): AvroRecordSchema {
  return { type: 'record', name: 'Event', namespace: 'test', fields: [{ name: 'x', type, ...rest }] };
}

/** Converts `{ x: value }` and, where that worked, proves that the Avro encoder takes the result. */
function convert(type: AvroSchema, value: unknown, rest?: object) {
  const schema = schemaOf(type, rest);
  const result = compileJsonEvent(schema, { bytesFrom })(value === undefined ? {} : { x: value });
  if (result.ok) {
    const encoder = avsc.Type.forSchema(structuredClone(schema) as never, { registry: {}, wrapUnions: 'auto' });
    expect(encoder.isValid(result.event)).toBe(true);
    return result.event['x'];
  }
  return result.errors.map(({ pointer, reason }) => `${pointer} ${reason}`);
}

describe('compileJsonEvent', () => {
  it.each<[string, AvroSchema, unknown, unknown]>([
    ['a string', 'string', 'abc', 'abc'],
    ['a boolean', 'boolean', false, false],
    ['an int', 'int', -2147483648, -2147483648],
    ['a long', 'long', 9007199254740990, 9007199254740990],
    ['a double', 'double', 0.1, 0.1],
    ['a float', 'float', 1e38, 1e38],
    ['null of a nullable type', ['null', 'double'], null, null],
    ['the value of a nullable type', ['null', 'double'], 1, 1],
    ['an enum', { type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B', 'B'],
    ['an array', { type: 'array', items: 'int' }, [1, 2], [1, 2]],
    ['a map', { type: 'map', values: 'string' }, { a: 'b' }, { a: 'b' }],
    ['bytes', 'bytes', 'AQL/', Buffer.from([1, 2, 255])],
    ['bytes in the alphabet for URLs', 'bytes', 'AQL_', Buffer.from([1, 2, 255])],
    ['fixed', { type: 'fixed', name: 'F', size: 2 }, 'AQI=', Buffer.from([1, 2])],
    ['a timestamp as a number', { type: 'long', logicalType: 'timestamp-millis' }, 12, 12],
    ['a timestamp in UTC', { type: 'long', logicalType: 'timestamp-millis' }, '1970-01-02T00:00:00.5Z', 86_400_500],
    ['a timestamp with an offset', { type: 'long', logicalType: 'timestamp-millis' }, '1970-01-01T02:00:00+02:00', 0],
    ['microseconds', { type: 'long', logicalType: 'timestamp-micros' }, '1970-01-01T00:00:00.000123Z', 123],
    ['a time before 1970', { type: 'long', logicalType: 'timestamp-millis' }, '1969-12-31T23:59:59.9999Z', -1],
    ['a date', { type: 'int', logicalType: 'date' }, '1970-02-01', 31],
    ['a union of several, by its look', ['null', 'string', 'double'], 2.5, 2.5],
    ['a union that needs names', ['null', 'long', 'double'], 2.5, { double: 2.5 }],
    ['a union with its branch named', ['null', 'long', 'double'], { double: 2 }, { double: 2 }],
  ])('converts %s', (_what, type, value, expected) => {
    expect(convert(type, value)).toEqual(expected);
  });

  it.each<[string, AvroSchema, unknown, string]>([
    ['a number for a string', 'string', 1, '/x type'],
    ['a text for a number', 'double', '1', '/x type'],
    ['NaN', 'double', Number.NaN, '/x not_finite'],
    ['what JSON.parse makes of 1e999', 'double', Infinity, '/x not_finite'],
    ['an int beyond 32 bits', 'int', 2147483648, '/x range'],
    ['a fraction for an int', 'int', 1.5, '/x type'],
    ['a long that a number cannot hold', 'long', 9007199254740993, '/x range'],
    ['a float beyond 32 bits', 'float', 1e39, '/x range'],
    ['null where none is allowed', 'string', null, '/x null_value'],
    ['a missing field', 'string', undefined, '/x missing_field'],
    ['an unknown symbol', { type: 'enum', name: 'E', symbols: ['A'] }, 'B', '/x set'],
    ['a wrong item', { type: 'array', items: 'int' }, [1, 'b'], '/x/1 type'],
    ['a null item', { type: 'array', items: 'int' }, [null], '/x/0 null_value'],
    ['an object for an array', { type: 'array', items: 'int' }, {}, '/x type'],
    ['a wrong value in a map', { type: 'map', values: 'int' }, { 'a/b~': 'x' }, '/x/a~1b~0 type'],
    ['what is not base64', 'bytes', 'A', '/x type'],
    ['fixed of a wrong size', { type: 'fixed', name: 'F', size: 3 }, 'AQI=', '/x range'],
    ['a time without a zone', { type: 'long', logicalType: 'timestamp-millis' }, '2026-01-01T00:00:00', '/x type'],
    ['a day that does not exist', { type: 'long', logicalType: 'timestamp-millis' }, '2026-02-30T00:00:00Z', '/x type'],
    [
      'an hour that does not exist',
      { type: 'long', logicalType: 'timestamp-millis' },
      '2026-02-03T24:00:00Z',
      '/x type',
    ],
    ['a time for a date', { type: 'int', logicalType: 'date' }, '2026-01-01T00:00:00Z', '/x type'],
    ['no branch of a union', ['null', 'string', 'double'], [], '/x type'],
  ])('refuses %s', (_what, type, value, expected) => {
    expect(convert(type, value)).toEqual([expected]);
  });

  it('reports everything that is wrong at once, each in its place', () => {
    const schema: AvroRecordSchema = {
      type: 'record',
      name: 'Event',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'price', type: 'double' },
        { name: 'at', type: { type: 'record', name: 'At', fields: [{ name: 'day', type: 'int' }] } },
      ],
    };
    const result = compileJsonEvent(schema)({ prise: 1, at: { day: 'x' } });
    expect(result).toEqual({
      ok: false,
      errors: [
        { pointer: '/id', reason: 'missing_field', message: 'is required but missing' },
        { pointer: '/price', reason: 'missing_field', message: 'is required but missing' },
        { pointer: '/at/day', reason: 'type', message: 'must be a whole number, not "x"' },
        {
          pointer: '/prise',
          reason: 'unknown_field',
          message: 'is not a field of the event; did you mean "price"?',
        },
      ],
    });
  });

  it('fills defaults, and null for nullable fields that are left out', () => {
    expect(convert('int', undefined, { default: 7 })).toBe(7);
    expect(convert(['null', 'int'], undefined)).toBe(null);
    expect(convert(['int', 'null'], undefined, { default: 3 })).toBe(3);
    expect(convert('bytes', undefined, { default: '\u00ff' })).toEqual(Buffer.from([255]));
    expect(convert({ type: 'array', items: 'int' }, undefined, { default: [] })).toEqual([]);
  });

  it('follows references to named types, also to the type itself', () => {
    const schema: AvroRecordSchema = {
      type: 'record',
      name: 'Node',
      namespace: 'a.b',
      fields: [
        { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['x'] } },
        { name: 'other', type: 'Kind' },
        { name: 'next', type: ['null', 'a.b.Node'], default: null },
      ],
    };
    const convertNode = compileJsonEvent(schema);
    expect(convertNode({ kind: 'x', other: 'x', next: { kind: 'x', other: 'x' } })).toEqual({
      ok: true,
      event: { kind: 'x', other: 'x', next: { kind: 'x', other: 'x', next: null } },
    });
  });

  it('refuses nesting that would exhaust the stack', () => {
    const schema: AvroRecordSchema = {
      type: 'record',
      name: 'Node',
      fields: [{ name: 'next', type: ['null', 'Node'], default: null }],
    };
    let deep: object = {};
    for (let level = 0; level < 100_000; level++) deep = { next: deep };
    const result = compileJsonEvent(schema)(deep);
    expect(result.ok ? [] : result.errors.map(({ reason }) => reason)).toEqual(['too_deep']);
  });

  it('takes a key called __proto__ as any other', () => {
    const value = JSON.parse('{"__proto__": "a"}') as unknown;
    expect(Object.entries(convert({ type: 'map', values: 'string' }, value) as object)).toEqual([['__proto__', 'a']]);
    const result = compileJsonEvent(schemaOf('string'))(JSON.parse('{"x":"a","__proto__":{}}'));
    expect(result.ok ? [] : result.errors.map(({ pointer }) => pointer)).toEqual(['/__proto__']);
  });

  it('never throws, and what it passes the encoder takes', () => {
    const schema: AvroRecordSchema = {
      type: 'record',
      name: 'Any',
      fields: [
        { name: 'a', type: ['null', 'long', 'double', 'string'] },
        { name: 'b', type: { type: 'map', values: ['null', { type: 'array', items: 'int' }] } },
        { name: 'c', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }, 'boolean'] },
      ],
    };
    const convertAny = compileJsonEvent(schema);
    const encoder = avsc.Type.forSchema(structuredClone(schema) as never, { registry: {}, wrapUnions: 'auto' });
    const field = fc.oneof(fc.jsonValue(), fc.date().map(String), fc.dictionary(fc.string(), fc.array(fc.integer())));
    fc.assert(
      fc.property(fc.record({ a: field, b: field, c: field }), (json) => {
        const result = convertAny(json);
        expect(result.ok ? encoder.isValid(result.event) : result.errors.length > 0).toBe(true);
      }),
    );
  });
});
