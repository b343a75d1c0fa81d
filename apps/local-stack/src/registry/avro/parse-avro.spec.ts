import { parseAvro } from './parse-avro.js';

const parse = (schema: unknown): ReturnType<typeof parseAvro> => parseAvro(JSON.stringify(schema));
const record = (fields: unknown[], more: object = {}): object => ({ type: 'record', name: 'R', fields, ...more });

describe('parseAvro', () => {
  it('resolves names by the enclosing namespace', () => {
    const model = parse({
      type: 'record',
      name: 'Outer',
      namespace: 'a.b',
      fields: [
        { name: 'inner', type: { type: 'record', name: 'Inner', fields: [] } },
        { name: 'again', type: 'Inner' },
        { name: 'full', type: 'a.b.Inner' },
      ],
    });
    if (model.kind !== 'record') throw new Error(model.kind);
    const [inner, again, full] = model.fields.map(({ type }) => type);
    expect(inner).toMatchObject({ kind: 'record', fullName: 'a.b.Inner' });
    expect(again).toBe(inner);
    expect(full).toBe(inner);
  });

  it('takes a dotted name as full, whatever the namespace says', () => {
    expect(parse({ type: 'fixed', name: 'x.y.F', namespace: 'z', size: 4 })).toMatchObject({ fullName: 'x.y.F' });
  });

  it('qualifies the aliases of a type', () => {
    expect(parse({ type: 'enum', name: 'n.E', symbols: ['A'], aliases: ['Old', 'm.Older'] })).toMatchObject({
      aliases: ['n.Old', 'm.Older'],
    });
  });

  it('lets a record contain itself', () => {
    const model = parse(record([{ name: 'next', type: ['null', 'R'], default: null }]));
    if (model.kind !== 'record') throw new Error(model.kind);
    const next = model.fields[0]!.type;
    expect(next.kind === 'union' && next.branches[1]).toBe(model);
  });

  it('unwraps a type with attributes of its own', () => {
    expect(parse({ type: 'long', logicalType: 'timestamp-millis' })).toEqual({ kind: 'long' });
    expect(parse({ type: { type: 'array', items: 'int' } })).toEqual({ kind: 'array', items: { kind: 'int' } });
  });

  it.each<[string, unknown, RegExp]>([
    ['a name that is not defined', record([{ name: 'a', type: 'Nowhere' }]), /Undefined name: "Nowhere"/],
    ['a type that is defined twice', [record([]), record([])], /Can't redefine: R/],
    ['a union inside a union', [['null'], 'int'], /Nested union/],
    ['the same branch twice', ['int', 'int'], /Duplicate in union: int/],
    [
      'a field that comes twice',
      record([
        { name: 'a', type: 'int' },
        { name: 'a', type: 'int' },
      ]),
      /Duplicate field a/,
    ],
    ['a field name that is no identifier', record([{ name: 'a-b', type: 'int' }]), /Illegal name .*"a-b"/],
    ['a field without a type', record([{ name: 'a' }]), /No type for field R.a/],
    ['a record without fields', { type: 'record', name: 'R' }, /Record R has no fields/],
    ['a record without a name', { type: 'record', fields: [] }, /No name/],
    ['a type called like a primitive', { type: 'record', name: 'int', fields: [] }, /name of a primitive/],
    ['an enum symbol that comes twice', { type: 'enum', name: 'E', symbols: ['A', 'A'] }, /Duplicate symbol/],
    ['an enum default that is no symbol', { type: 'enum', name: 'E', symbols: ['A'], default: 'B' }, /default "B"/],
    ['a fixed of negative size', { type: 'fixed', name: 'F', size: -1 }, /size of fixed F/],
    ['an array without items', { type: 'array' }, /No items/],
    ['a number', 7, /Not a schema: 7/],
  ])('refuses %s', (_, schema, message) => {
    expect(() => parse(schema)).toThrow(message);
  });

  it('refuses what is not JSON', () => {
    expect(() => parseAvro('{"type":')).toThrow(/Not JSON/);
  });

  it.each<[unknown, unknown]>([
    ['int', 1],
    ['int', -(2 ** 31)],
    ['long', 2 ** 40],
    ['double', 1.5],
    ['double', 'NaN'],
    ['string', ''],
    ['bytes', '\u00ff\u0000'],
    [{ type: 'fixed', name: 'F', size: 2 }, '\u0001\u0002'],
    [{ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B'],
    [{ type: 'array', items: 'int' }, [1, 2]],
    [{ type: 'map', values: 'boolean' }, { a: true }],
    [['null', 'int'], null],
    [['null', 'int'], 3],
    [{ type: 'record', name: 'S', fields: [{ name: 'x', type: 'int', default: 1 }] }, {}],
  ])('takes for a field of type %j the default %j', (type, value) => {
    expect(() => parse(record([{ name: 'a', type, default: value }]))).not.toThrow();
  });

  it.each<[unknown, unknown]>([
    ['int', 2 ** 31],
    ['int', 1.5],
    ['int', '1'],
    ['int', null],
    ['boolean', 0],
    ['string', 5],
    ['bytes', '\u0100'],
    [{ type: 'fixed', name: 'F', size: 2 }, 'x'],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, 'B'],
    [{ type: 'array', items: 'int' }, ['a']],
    [['null', 'int'], 'x'],
    [{ type: 'record', name: 'S', fields: [{ name: 'x', type: 'int' }] }, {}],
  ])('refuses for a field of type %j the default %j', (type, value) => {
    expect(() => parse(record([{ name: 'a', type, default: value }]))).toThrow(/Invalid default for field R.a/);
  });
});
