import fc from 'fast-check';
import { compilePattern } from './index.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

const atom = fc.constantFrom(
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\w',
  '\\b',
  '\\B',
  '^',
  '$',
  'é',
  '😀',
  '\\.',
  '\\u0061',
);
const pattern = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    fc.array(tie('pattern'), { maxLength: 3 }).map((parts) => parts.join('')),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '*?', '+?', '{2}', '{1,2}', '{0,}', '{0}'))
      .map(([a, q]) => `(${a})${q}`),
  ),
})).pattern;
const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', ' ', '\n', 'é', '😀'), maxLength: 12 });

/** V8 finds `\B` in the middle of a surrogate pair, which is no position between two characters: not a judge there. */
function isJudgedByV8(source: string, it: string): boolean {
  return !(source.includes('\\B') && /[^\u0000-\uffff]/u.test(it));
}

describe('a pattern', () => {
  it('matches what the engine of JavaScript matches', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 5 }), (source, texts) => {
        const compiled = compilePattern(source);
        if (!compiled.ok) throw new Error(compiled.message);
        const native = new RegExp(source, 'u');
        const judged = texts.filter((it) => isJudgedByV8(source, it));
        expect(judged.map((it) => compiled.pattern.test(it))).toEqual(judged.map((it) => native.test(it)));
      }),
      { numRuns: 10 * RUNS },
    );
  });

  it('of any text is compiled or refused with a sentence', () => {
    const any = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'ab()[]{}*+?|^$\\.,1:=!<>k-') }));
    fc.assert(
      fc.property(any, text, (source, it) => {
        const compiled = compilePattern(source);
        if (!compiled.ok)
          expect(compiled.message).toMatch(/^(is not a regular|refers back|looks around|repeats too|has groups)/);
        else if (isJudgedByV8(source, it)) expect(compiled.pattern.test(it)).toBe(new RegExp(source, 'u').test(it));
      }),
      { numRuns: 10 * RUNS },
    );
  });

  it.each(['^(a+)+$', '(a|a)*b', '(.*)*x', 'a*a*a*a*a*b', '(a?){50}a{50}b', '([a-z]+)*[A-Z]'])(
    '%s takes no longer than the text is long',
    (source) => {
      const compiled = compilePattern(source);
      expect(compiled.ok && compiled.pattern.test(`${'a'.repeat(20_000)}!`)).toBe(false);
    },
  );

  it.each(['(a)\\1', '(?=a)', '(?<!a)b', '(?<n>a)\\k<n>', 'a{3000}', '('])('%s is refused', (source) => {
    expect(compilePattern(source)).toMatchObject({ ok: false });
  });
});
