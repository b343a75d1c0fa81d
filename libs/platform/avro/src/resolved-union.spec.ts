import type { AvroRecordSchema } from '#contracts';
import { parseAvroType } from './avro-type.js';

const recordOf = (type: unknown): AvroRecordSchema =>
  ({ type: 'record', name: 'R', fields: [{ name: 'a', type }] }) as AvroRecordSchema;

function through(writer: unknown, reader: unknown, value: unknown): unknown {
  const [from, to] = [parseAvroType(recordOf(writer)), parseAvroType(recordOf(reader))];
  const bytes = from.toBuffer({ a: value });
  return ({ ...to.fromBuffer(bytes, to.createResolver(from)) } as { a: unknown }).a;
}

describe('a union, resolved', () => {
  it('keeps the branch in which the value was written', () => {
    expect(through(['double', 'long'], ['double', 'long'], { long: 5 })).toEqual({ long: 5 });
    expect(through(['bytes', 'string'], ['bytes', 'string'], 'a text')).toBe('a text');
  });

  it('keeps it also where the reader has more branches, or others first', () => {
    expect(through(['null', 'long'], ['double', 'null', 'string', 'long'], 7)).toEqual({ long: 7 });
    expect(through('string', ['bytes', 'string', 'null'], 'a text')).toBe('a text');
  });

  it('promotes where the reader lost the branch', () => {
    expect(through(['null', 'int'], ['null', 'double'], 7)).toBe(7);
  });

  it('tells records apart by their names', () => {
    const named = (name: string) => ({ type: 'record', name, fields: [{ name: 'x', type: 'int' }] });
    const union = [named('First'), named('Second')];
    expect(through(union, union, { Second: { x: 1 } })).toMatchObject({ Second: { x: 1 } });
  });
});
