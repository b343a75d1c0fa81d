import { canonicalText } from './canonical-text.js';

describe('canonicalText', () => {
  it('orders attributes as the Java library prints them', () => {
    const text = canonicalText({
      fields: [{ default: 0, type: 'int', aliases: ['b'], doc: 'A.', name: 'a', custom: 1 }],
      aliases: ['Old'],
      doc: 'Doc.',
      namespace: 'n',
      name: 'R',
      type: 'record',
    });
    expect(text).toBe(
      '{"type":"record","name":"R","namespace":"n","doc":"Doc.","fields":[{"name":"a","type":"int","doc":"A.","default":0,"custom":1,"aliases":["b"]}],"aliases":["Old"]}',
    );
  });

  it('splits a dotted name and leaves out a namespace that is inherited', () => {
    const inner = { type: 'record', name: 'n.Inner', fields: [] };
    expect(canonicalText({ type: 'record', name: 'n.Outer', fields: [{ name: 'a', type: inner }] })).toBe(
      '{"type":"record","name":"Outer","namespace":"n","fields":[{"name":"a","type":{"type":"record","name":"Inner","fields":[]}}]}',
    );
  });

  it('writes a reference without the namespace it stands in', () => {
    const field = (type: string): object => ({ type: 'record', name: 'n.R', fields: [{ name: 'a', type }] });
    expect(canonicalText(field('n.S'))).toBe(canonicalText(field('S')));
    expect(canonicalText(field('m.S'))).not.toBe(canonicalText(field('S')));
  });

  it.each([
    [{ type: 'string' }, '"string"'],
    [{ type: { type: 'string' } }, '"string"'],
    [{ type: 'array', items: { type: 'int' } }, '{"type":"array","items":"int"}'],
    [['null', { type: 'long' }], '["null","long"]'],
    [{ logicalType: 'date', type: 'int' }, '{"type":"int","logicalType":"date"}'],
  ])('shortens %j', (schema, text) => {
    expect(canonicalText(schema)).toBe(text);
  });

  it('tells schemas apart that differ in documentation, default or alias', () => {
    const record = (field: object): string =>
      canonicalText({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int', ...field }] });
    expect(new Set([record({}), record({ doc: 'A.' }), record({ default: 0 }), record({ aliases: ['b'] })]).size).toBe(
      4,
    );
  });

  it('does not tell the default sort order from none', () => {
    const record = (field: object): string =>
      canonicalText({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int', ...field }] });
    expect(record({ order: 'ascending' })).toBe(record({}));
    expect(record({ order: 'ignore' })).not.toBe(record({}));
  });
});
