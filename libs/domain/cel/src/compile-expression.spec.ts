import type { AvroRecordSchema } from '#contracts';
import { CelFailure, compileExpression, type CelExpression } from './index.js';

const SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'price', type: 'double' },
    { name: 'count', type: 'int' },
    { name: 'total', type: 'long' },
    { name: 'name', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'seen', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'comment', type: ['null', 'string'] },
    { name: 'limit', type: ['null', 'double'] },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'place', type: { type: 'record', name: 'Place', fields: [{ name: 'region', type: 'string' }] } },
    { name: 'payload', type: 'bytes' },
  ],
};

class DecodedPlace {
  constructor(readonly region: string) {}
}

const EVENT = {
  price: 0.5,
  count: 3,
  total: 7,
  name: 'north',
  at: Date.UTC(1996, 4, 7, 13, 30),
  seen: Date.UTC(1996, 4, 7, 13, 30) * 1000 + 999,
  comment: null,
  limit: 2,
  tags: ['a', 'b'],
  place: new DecodedPlace('nsw'),
  payload: Buffer.from('abc'),
};

function compile(expression: string): CelExpression {
  const result = compileExpression(SCHEMA, expression);
  if (!result.ok) throw new Error(result.error.message);
  return result.compiled;
}

const evaluate = (expression: string) => compile(expression).evaluate(EVENT);

describe('numbers', () => {
  it.each([
    ['event.price >= 0', true],
    ['event.price >= 0.0', true],
    ['event.count == 3', true],
    ['event.count == 3.0', true],
    ['3 == event.count', true],
    ['event.total != 7', false],
    ['event.total in [1, 7]', true],
    ['event.total in [1.0, 7.0]', true],
    ['event.count * 2', 6],
    ['2 * event.price', 1],
    ['event.total / 2', 3.5],
    ['event.total % 4', 3],
    ['7 / 2', 3],
    ['-event.price', -0.5],
    ['event.limit * 2', 4],
    ['event.limit > 1', true],
  ])('%s is %s', (expression, expected) => {
    expect(evaluate(expression)).toBe(expected);
  });
});

describe('times', () => {
  it.each([
    ['event.at.getHours()', 13],
    ['event.seen.getMinutes()', 30],
    ['event.at == event.seen', true],
    ['event.at > timestamp("1990-01-01T00:00:00Z")', true],
    ['event.at', EVENT.at],
  ])('%s is %s', (expression, expected) => {
    expect(evaluate(expression)).toBe(expected);
  });

  it('gives the sine of the hour of the day', () => {
    const expression = 'math.sin(2 * math.pi * (event.at.getHours() + event.at.getMinutes() / 60.0) / 24)';
    expect(evaluate(expression)).toBeCloseTo(Math.sin((2 * Math.PI * 13.5) / 24), 15);
  });
});

describe('other values', () => {
  it.each([
    ['event.comment == null', true],
    ['event.limit == null', false],
    ['event.limit == null || event.limit > 1', true],
    ['event.name.startsWith("nor") ? "yes" : "no"', 'yes'],
    ['event.tags.exists(tag, tag == "b")', true],
    ['event.place.region == "nsw"', true],
    ['event["name"]', 'north'],
    ['size(event.payload)', 3],
    ['math.greatest(event.price, 1)', 1],
  ])('%s is %s', (expression, expected) => {
    expect(evaluate(expression)).toBe(expected);
  });
});

describe('what is known before evaluation', () => {
  it('names the fields that an expression reads, in schema order', () => {
    expect(compile('event.name == "x" && [event.count].all(n, n > event.price)').fields).toEqual([
      'price',
      'count',
      'name',
    ]);
  });

  it('knows the type of the result', () => {
    expect(compile('event.price > 1').type).toBe('bool');
    expect(compile('event.price * 2').type).toBe('double');
    expect(compile('event.at.getHours()').type).toBe('int');
    expect(compile('event.limit').type).toBe('dyn');
  });

  it.each([
    ['event.pric > 1', 6, /No such key: pric; the event has the fields price, count/],
    ['price > 1', 0, /write event\.price/],
    ['event.price >', 13, /EOF/],
    ['event.price + event.name', 0, /no such overload: double \+ string/],
    ['1 == 1 && Date.now() > 0', 10, /Date/],
  ])('refuses %s at character %i', (expression, start, message) => {
    const result = compileExpression(SCHEMA, expression);
    if (result.ok) throw new Error('compiled');
    expect(result.error.start).toBe(start);
    expect(result.error.message).toMatch(message);
  });
});

describe('evaluation errors', () => {
  it.each([
    'event.comment + "x"',
    'event.comment > 1',
    '1 / (event.count > 5 ? 1 : 0)',
    'timestamp(event.name) > event.at',
  ])('%s is a value', (expression) => {
    expect(evaluate(expression)).toBeInstanceOf(CelFailure);
  });

  it('does not remember an earlier event', () => {
    const rule = compile('event.limit > 1');
    expect(rule.evaluate({ ...EVENT, limit: 2 })).toBe(true);
    expect(rule.evaluate({ ...EVENT, limit: null })).toBeInstanceOf(CelFailure);
    expect(rule.evaluate({ ...EVENT, limit: 0 })).toBe(false);
  });
});
