import fc from 'fast-check';
import type { AvroRecordSchema } from '#contracts';
import { CelFailure, compileExpression, type CelValue } from './index.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

const SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'Event',
  fields: [
    { name: 'price', type: 'double' },
    { name: 'limit', type: ['null', 'double'] },
    { name: 'text', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'sizes', type: { type: 'map', values: 'double' } },
    { name: 'raw', type: 'bytes' },
  ],
};

const event = fc.record({
  price: fc.double(),
  limit: fc.oneof(fc.constant(null), fc.double()),
  text: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('(a+)+$', '\ud800', '')),
  at: fc.oneof(fc.integer(), fc.double()),
  tags: fc.array(fc.string(), { maxLength: 5 }),
  sizes: fc.dictionary(fc.string(), fc.double()),
  raw: fc.uint8Array({ maxLength: 9 }),
});

/** An event in which everything may be of another type, as after a bug upstream of us. */
const oddEvent = fc.dictionary(fc.constantFrom(...SCHEMA.fields.map(({ name }) => name)), fc.anything());

const TOKENS = [
  'event', 'event.price', 'event.limit', 'event.text', 'event.at', 'event.tags', 'event.sizes', 'event.raw', 'event["text"]',
  '(', ')', '[', ']', '{', '}', ',', '.', '?', ':', '+', '-', '*', '/', '%', '<', '==', '!=', '>=', '&&', '||', '!', ' in ',
  '1', '0', '1.5', '1e400', '9223372036854775807', '0x', '1u', '"a"', "'b'", 'b"c"', '"""', 'r"\\"', 'true', 'null', 'x', 'y',
  '.all(x, x == "a")', '.exists(y, y > 1)', '.map(x, x + x)', '.filter(x, true)', '.matches("a*")', '.matches(event.text)',
  '.size()', '.split("")', '.getHours()', 'has(event.limit)', 'cel.bind(x, event.tags, x + x)', 'math.ln(', 'math.pi',
  'timestamp(', 'duration("1h")', 'int(', 'string(', 'type(', 'dyn(', '__proto__', 'constructor', '.constructor', '\u0000', '// ',
]; // prettier-ignore

const operand: fc.Arbitrary<string> = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      'event.price',
      'event.limit',
      'event.text',
      'event.tags',
      'event.sizes',
      '1',
      '2.5',
      '"a"',
      '[1, 2]',
      'x',
      'true',
    ),
    fc
      .tuple(tie('e'), fc.constantFrom('+', '-', '*', '/', '%', '<', '>', '==', '!=', 'in', '&&', '||'), tie('e'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc
      .tuple(tie('e'), fc.constantFrom('all', 'exists', 'exists_one', 'map', 'filter'), tie('e'))
      .map(([a, macro, b]) => `${a}.${macro}(x, ${b})`),
    fc.tuple(tie('e'), tie('e'), tie('e')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `cel.bind(x, ${a}, ${b})`),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => `dyn(${a}).matches(${b})`),
    fc
      .tuple(fc.constantFrom('size', 'string', 'int', 'double', 'dyn', '-', '!'), tie('e'))
      .map(([f, a]) => `${f}(${a})`),
  ),
})).e;

function expectAnswer(expression: string, events: readonly Readonly<Record<string, unknown>>[]): void {
  const result = compileExpression(SCHEMA, expression);
  if (!result.ok) {
    const { message, start, end } = result.error;
    expect(message.trim()).not.toBe('');
    expect(message).not.toMatch(/Maximum call stack|\[object Object\]/);
    expect(0 <= start && start <= end && end <= expression.length).toBe(true);
    return;
  }
  for (const it of events) {
    const value: CelValue | CelFailure = result.compiled.evaluate(it);
    if (value instanceof CelFailure) expect(value.message.trim()).not.toBe('');
    else expect(value === null || ['boolean', 'number', 'string'].includes(typeof value)).toBe(true);
    // The same again: nothing of one event stays for the next.
    const again = result.compiled.evaluate(it);
    expect(again).toEqual(value);
  }
}

describe('an expression', () => {
  const events = fc.array(fc.oneof(event, oddEvent), { minLength: 1, maxLength: 3 });

  it('of any text is compiled or refused, and evaluated to a value or a failure', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...TOKENS), { maxLength: 12 }).map((all) => all.join('')),
    );
    fc.assert(fc.property(text, events, expectAnswer), { numRuns: 10 * RUNS });
  });

  it('of good form is compiled or refused, and evaluated to a value or a failure', () => {
    fc.assert(fc.property(operand, events, expectAnswer), { numRuns: 10 * RUNS });
  });

  it.each(['(', '[', '!', '-', 'event.tags.map(x, ', 'true ? ', '{"a": ', 'cel.bind(x, 1, '])(
    'of %j again and again is refused',
    (part) => {
      for (const times of [200, 600, 9_000]) {
        const result = compileExpression(SCHEMA, part.repeat(times));
        expect(result.ok).toBe(false);
        expectAnswer(part.repeat(times), []);
      }
    },
  );
});

describe('an evaluation ends, whatever the event', () => {
  const evaluate = (expression: string, it: Readonly<Record<string, unknown>>): CelValue | CelFailure => {
    const result = compileExpression(SCHEMA, expression);
    if (!result.ok) throw new Error(result.error.message);
    return result.compiled.evaluate(it);
  };
  const tags = Array.from({ length: 20_000 }, (_, at) => `tag ${at}`);

  it.each([
    'event.tags.all(a, event.tags.all(b, a != "" || b != ""))',
    'event.tags.exists(a, event.tags.exists(b, event.tags.exists(c, a + b == c + "!")))',
    'event.tags.map(a, event.tags.map(b, a + b)).size() > 0',
    'event.tags.all(a, event.tags.filter(b, b == a).size() == 1)',
    'event.tags.all(a, a in event.tags)',
    `${Array.from({ length: 40 }, (_, at) => `cel.bind(v${at + 1}, v${at} + v${at}, `)
      .join('')
      .replace('cel.bind(v1, v0 + v0', 'cel.bind(v1, event.tags + event.tags')}v40.size()${')'.repeat(40)} > 0`,
  ])('%s', (expression) => {
    const found = evaluate(expression, { tags });
    expect(found).toBeInstanceOf(CelFailure);
    expect((found as CelFailure).message).toMatch(/steps/);
    // And the budget is whole again for the next event.
    expect(evaluate('event.tags.all(a, event.tags.all(b, a != b || a == b))', { tags: tags.slice(0, 50) })).toBe(true);
  });

  it('with a regular expression that JavaScript would try for years', () => {
    const text = `${'a'.repeat(50_000)}!`;
    expect(evaluate('event.text.matches("^(a+)+$")', { text })).toBe(false);
    expect(evaluate('event.text.matches(event.tags[0])', { text, tags: ['(a|a)*b'] })).toBe(false);
    expect(evaluate('event.text.matches(event.tags[0])', { text, tags: ['(a)\\1'] })).toEqual(
      new CelFailure('the pattern refers back to a group (\\1)'),
    );
  });

  it('refuses a pattern that cannot be matched in linear time, and says where it stands', () => {
    const expression = 'event.text.matches("(?=a)")';
    expect(compileExpression(SCHEMA, expression)).toEqual({
      ok: false,
      error: { message: 'the pattern looks around or sets flags ((?=a…)', start: 19, end: 26 },
    });
  });
});
