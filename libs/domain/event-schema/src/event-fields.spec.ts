import type { AvroRecordSchema, AvroSchema } from '#contracts';
import { compileIdentity, eventFieldsOf } from './index.js';

const REGION: AvroSchema = { type: 'enum', name: 'Region', symbols: ['NSW', 'VIC'] };

function schemaOf(...types: readonly AvroSchema[]): AvroRecordSchema {
  return { type: 'record', name: 'R', namespace: 'ns', fields: types.map((type, n) => ({ name: `f${n}`, type })) };
}

describe('eventFieldsOf', () => {
  it.each<[AvroSchema, string, boolean, string]>([
    ['double', 'number', false, 'double'],
    ['int', 'integer', false, 'int'],
    [['null', 'float'], 'number', true, 'null or float'],
    [['string', 'null'], 'string', true, 'string or null'],
    [{ type: 'long' }, 'integer', false, 'long'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 'timestamp', false, 'long (timestamp-millis)'],
    [['null', { type: 'long', logicalType: 'timestamp-micros' }], 'timestamp', true, 'null or long (timestamp-micros)'],
    [{ type: 'int', logicalType: 'date' }, 'integer', false, 'int (date)'],
    [REGION, 'enum', false, 'enum'],
    [['int', 'string'], 'other', false, 'int or string'],
    ['null', 'other', true, 'null'],
    [{ type: 'array', items: 'int' }, 'other', false, 'array'],
    ['bytes', 'bytes', false, 'bytes'],
  ])('%j is %s', (type, kind, nullable, typeName) => {
    expect(eventFieldsOf(schemaOf(type)).get('f0')).toMatchObject({ name: 'f0', kind, nullable, typeName });
  });

  it.each(['Region', 'ns.Region'])('follows a reference to %s', (reference) => {
    const named: AvroSchema = { type: 'enum', name: 'Region', namespace: 'ns', symbols: ['NSW', 'VIC'] };
    expect(eventFieldsOf(schemaOf(named, ['null', reference])).get('f1')).toMatchObject({
      kind: 'enum',
      nullable: true,
      symbols: ['NSW', 'VIC'],
    });
  });
});

describe('compileIdentity', () => {
  const AT_MS = Date.UTC(1996, 4, 7, 13);

  it.each<[AvroSchema, unknown]>([
    [{ type: 'long', logicalType: 'timestamp-millis' }, AT_MS],
    [{ type: 'long', logicalType: 'timestamp-micros' }, AT_MS * 1_000 + 999],
    ['string', '1996-05-07T13:00:00Z'],
    ['string', '1996-05-07T23:00:00+10:00'],
  ])('reads the time of %j', (type, value) => {
    const identity = compileIdentity({ schema: schemaOf('long', type), id: 'f0', key: 'f0', time: 'f1' });
    expect(identity.timeMsOf({ f0: 1, f1: value })).toBe(AT_MS);
  });

  it('gives NaN for what is no time', () => {
    const identity = compileIdentity({ schema: schemaOf('long', 'string'), id: 'f0', key: 'f0', time: 'f1' });
    expect(identity.timeMsOf({ f0: 1, f1: 'soon' })).toBeNaN();
  });

  it('gives ids and keys as text', () => {
    const identity = compileIdentity({ schema: schemaOf('long', 'boolean'), id: 'f0', key: 'f1', time: 'f0' });
    expect([identity.idOf({ f0: 42, f1: false }), identity.keyOf({ f0: 42, f1: false })]).toEqual(['42', 'false']);
  });
});
