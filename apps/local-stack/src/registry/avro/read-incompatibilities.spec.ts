import { parseAvro } from './parse-avro.js';
import { readIncompatibilities } from './read-incompatibilities.js';

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];

/** `kind path` of each finding. */
function findings(reader: unknown, writer: unknown): string[] {
  const model = (schema: unknown): ReturnType<typeof parseAvro> => parseAvro(JSON.stringify(schema));
  return readIncompatibilities(model(reader), model(writer)).map(({ kind, path }) => `${kind} ${path}`);
}

const record = (fields: object[], more: object = {}): object => ({ type: 'record', name: 'R', fields, ...more });
const field = (name: string, type: unknown, more: object = {}): object => ({ name, type, ...more });
const enumeration = (symbols: string[], more: object = {}): object => ({ type: 'enum', name: 'E', symbols, ...more });
const fixed = (size: number, more: object = {}): object => ({ type: 'fixed', name: 'F', size, ...more });

describe('readIncompatibilities', () => {
  describe('primitive types', () => {
    const promoted = new Set([
      'long<int',
      'float<int',
      'float<long',
      'double<int',
      'double<long',
      'double<float',
      'string<bytes',
      'bytes<string',
    ]);
    const pairs = PRIMITIVES.flatMap((reader) => PRIMITIVES.map((writer) => [reader, writer] as const));

    it.each(pairs)('%s reads %s only if it is the same or promoted', (reader, writer) => {
      const readable = reader === writer || promoted.has(`${reader}<${writer}`);
      expect(findings(reader, writer)).toEqual(readable ? [] : ['TYPE_MISMATCH /']);
    });
  });

  describe('records', () => {
    it('read an added field only with a default', () => {
      const writer = record([field('a', 'int')]);
      expect(findings(record([field('a', 'int'), field('b', 'int', { default: 0 })]), writer)).toEqual([]);
      expect(findings(record([field('a', 'int'), field('b', 'int')]), writer)).toEqual([
        'READER_FIELD_MISSING_DEFAULT_VALUE /fields/1',
      ]);
    });

    it('take null as a default', () => {
      expect(findings(record([field('b', ['null', 'int'], { default: null })]), record([]))).toEqual([]);
    });

    it('do not take the null branch of a union for a default', () => {
      expect(findings(record([field('b', ['null', 'int'])]), record([]))).toEqual([
        'READER_FIELD_MISSING_DEFAULT_VALUE /fields/0',
      ]);
    });

    it('skip fields that only the writer has, and do not mind the order', () => {
      expect(
        findings(
          record([field('b', 'int'), field('a', 'int')]),
          record([field('a', 'int'), field('x', 'string'), field('b', 'int')]),
        ),
      ).toEqual([]);
    });

    it('compare fields of the same name, with every finding reported', () => {
      const reader = record([field('a', 'int'), field('b', 'boolean'), field('c', 'long')]);
      const writer = record([field('a', 'string'), field('b', 'int'), field('c', 'int')]);
      expect(findings(reader, writer)).toEqual(['TYPE_MISMATCH /fields/0/type', 'TYPE_MISMATCH /fields/1/type']);
    });

    it('find a renamed field by its alias', () => {
      expect(findings(record([field('total', 'long', { aliases: ['sum'] })]), record([field('sum', 'int')]))).toEqual(
        [],
      );
    });

    it('do not use the alias of the writer', () => {
      expect(findings(record([field('sum', 'int')]), record([field('total', 'int', { aliases: ['sum'] })]))).toEqual([
        'READER_FIELD_MISSING_DEFAULT_VALUE /fields/0',
      ]);
    });

    it('prefer a field of the same name to an alias', () => {
      const reader = record([field('a', 'int', { aliases: ['b'] })]);
      expect(findings(reader, record([field('b', 'string'), field('a', 'int')]))).toEqual([]);
    });

    it('do not read a record of another name', () => {
      expect(findings(record([], { name: 'R' }), record([], { name: 'S' }))).toEqual(['NAME_MISMATCH /name']);
    });

    it('read a renamed record by an alias, in the namespace of the new name', () => {
      expect(findings(record([], { name: 'n.R', aliases: ['S'] }), record([], { name: 'n.S' }))).toEqual([]);
      expect(findings(record([], { name: 'n.R', aliases: ['S'] }), record([], { name: 'm.S' }))).toEqual([
        'NAME_MISMATCH /name',
      ]);
    });

    it('read a record whose namespace changed', () => {
      expect(findings(record([], { namespace: 'new' }), record([], { namespace: 'old' }))).toEqual([]);
    });

    it('compare nested records', () => {
      const nested = (fields: object[]): object => record([field('inner', { type: 'record', name: 'Inner', fields })]);
      expect(findings(nested([field('x', 'long')]), nested([field('x', 'int')]))).toEqual([]);
      expect(findings(nested([field('x', 'int'), field('y', 'int')]), nested([field('x', 'long')]))).toEqual([
        'TYPE_MISMATCH /fields/0/type/fields/0/type',
        'READER_FIELD_MISSING_DEFAULT_VALUE /fields/0/type/fields/1',
      ]);
    });

    it('compare each use of a named type', () => {
      const inner = (x: string): object => ({ type: 'record', name: 'Inner', fields: [field('x', x)] });
      const twice = (x: string): object => record([field('a', inner(x)), field('b', 'Inner')]);
      expect(findings(twice('int'), twice('string'))).toEqual([
        'TYPE_MISMATCH /fields/0/type/fields/0/type',
        'TYPE_MISMATCH /fields/1/type/fields/0/type',
      ]);
    });

    it('come to an end when they contain themselves', () => {
      const list = (value: string): object =>
        record([field('value', value), field('next', ['null', 'R'], { default: null })]);
      expect(findings(list('long'), list('int'))).toEqual([]);
      expect(findings(list('int'), list('long'))).toContain('TYPE_MISMATCH /fields/0/type');
    });
  });

  describe('enums', () => {
    it('read a writer with fewer symbols', () => {
      expect(findings(enumeration(['A', 'B']), enumeration(['A']))).toEqual([]);
    });

    it('read a writer with more symbols only with a default', () => {
      expect(findings(enumeration(['A']), enumeration(['A', 'B']))).toEqual(['MISSING_ENUM_SYMBOLS /symbols']);
      expect(findings(enumeration(['A'], { default: 'A' }), enumeration(['A', 'B']))).toEqual([]);
    });

    it('do not take the default of the field for that of the enum', () => {
      const reader = record([field('e', enumeration(['A']), { default: 'A' })]);
      expect(findings(reader, record([field('e', enumeration(['A', 'B']))]))).toEqual([
        'MISSING_ENUM_SYMBOLS /fields/0/type/symbols',
      ]);
    });

    it('do not read an enum of another name', () => {
      expect(findings(enumeration(['A']), enumeration(['A'], { name: 'G' }))).toEqual(['NAME_MISMATCH /name']);
    });

    it('are not strings', () => {
      expect(findings('string', enumeration(['A']))).toEqual(['TYPE_MISMATCH /']);
      expect(findings(enumeration(['A']), 'string')).toEqual(['TYPE_MISMATCH /']);
    });
  });

  describe('fixed', () => {
    it('have one size and one name', () => {
      expect(findings(fixed(4), fixed(4))).toEqual([]);
      expect(findings(fixed(4), fixed(8))).toEqual(['FIXED_SIZE_MISMATCH /size']);
      expect(findings(fixed(4), fixed(4, { name: 'G' }))).toEqual(['NAME_MISMATCH /name']);
      expect(findings(fixed(4, { aliases: ['G'] }), fixed(4, { name: 'G' }))).toEqual([]);
    });

    it('are not bytes', () => {
      expect(findings('bytes', fixed(4))).toEqual(['TYPE_MISMATCH /']);
    });
  });

  describe('arrays and maps', () => {
    it('compare what they hold', () => {
      expect(findings({ type: 'array', items: 'long' }, { type: 'array', items: 'int' })).toEqual([]);
      expect(findings({ type: 'array', items: 'int' }, { type: 'array', items: 'long' })).toEqual([
        'TYPE_MISMATCH /items',
      ]);
      expect(findings({ type: 'map', values: 'int' }, { type: 'map', values: 'string' })).toEqual([
        'TYPE_MISMATCH /values',
      ]);
      expect(findings({ type: 'array', items: 'int' }, { type: 'map', values: 'int' })).toEqual(['TYPE_MISMATCH /']);
    });
  });

  describe('unions', () => {
    it('of the reader read any of their branches, promoted too', () => {
      expect(findings(['null', 'long'], 'int')).toEqual([]);
      expect(findings(['null', 'string'], 'int')).toEqual(['MISSING_UNION_BRANCH /']);
    });

    it('of the writer need a reader for every branch', () => {
      expect(findings('long', ['int', 'long'])).toEqual([]);
      expect(findings('int', ['null', 'int'])).toEqual(['TYPE_MISMATCH /']);
      expect(findings(['null', 'int', 'string'], ['null', 'int'])).toEqual([]);
      expect(findings(['null', 'int'], ['null', 'int', 'boolean'])).toEqual(['MISSING_UNION_BRANCH /']);
    });

    it('may reorder their branches', () => {
      expect(findings(['string', 'null'], ['null', 'string'])).toEqual([]);
    });

    it('choose the record that can read', () => {
      const a = record([field('x', 'int')], { name: 'A' });
      const b = record([field('x', 'int'), field('y', 'int')], { name: 'B' });
      expect(findings([a, b], b)).toEqual([]);
      expect(findings([a], b)).toEqual(['MISSING_UNION_BRANCH /']);
    });

    it('do not take a pair for readable that a failed branch had assumed', () => {
      // B1 and W meet again inside N; B1 cannot read W, so N cannot be read either, whichever branch comes first.
      const reader = [
        {
          type: 'record',
          name: 'n1.W',
          fields: [
            field('n', ['null', { type: 'record', name: 'n1.N', fields: [field('w', 'n1.W')] }]),
            field('extra', 'int'),
          ],
        },
        { type: 'record', name: 'n2.W', fields: [field('n', ['null', 'n1.N'])] },
      ];
      const writer = {
        type: 'record',
        name: 'W',
        fields: [field('n', ['null', { type: 'record', name: 'N', fields: [field('w', 'W')] }])],
      };
      expect(findings(reader, writer)).toEqual(['MISSING_UNION_BRANCH /']);
    });
  });
});
