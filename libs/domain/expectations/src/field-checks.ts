import type { Expectation, QuarantineReason } from '#contracts';
import { compilePattern } from '#domain/linear-pattern';
import { describeValue } from './describe-value.js';
import type { Event } from './event.js';
import type { Check } from './violation.js';

type OfKind<K extends Expectation['kind']> = Extract<Expectation, { kind: K }>;
export type FieldExpectation = OfKind<'notNull' | 'range' | 'set' | 'pattern' | 'length'>;

/**
 * Checks of one field's value. Null meets all of them but `notNull`: whether a value must be there and what it must be
 * like are two questions.
 */
export function compileFieldCheck(expectation: FieldExpectation): Check {
  switch (expectation.kind) {
    case 'notNull':
      return check(
        expectation,
        'null_value',
        isMissing,
        (value) => `is ${describeValue(value)} where a value is required`,
      );
    case 'range':
      return rangeCheck(expectation);
    case 'set':
      return setCheck(expectation);
    case 'pattern':
      return patternCheck(expectation);
    case 'length':
      return lengthCheck(expectation);
  }
}

function rangeCheck(expectation: OfKind<'range'>): Check {
  const min = expectation.min ?? Number.NEGATIVE_INFINITY;
  const max = expectation.max ?? Number.POSITIVE_INFINITY;
  return check(
    expectation,
    'range',
    expectation.on === 'impute'
      ? // In this form NaN is outside as well, so that it can be imputed.
        (value) => typeof value === 'number' && !(value >= min && value <= max)
      : // NaN and the infinities are refused as such, whatever the bounds.
        (value) => typeof value === 'number' && (value < min || value > max) && Number.isFinite(value),
    (value) =>
      `is ${describeValue(value)}, ${(value as number) > max ? `above its maximum ${max}` : `below its minimum ${min}`}`,
  );
}

function setCheck(expectation: OfKind<'set'>): Check {
  const allowed: ReadonlySet<unknown> = new Set(expectation.values);
  const shown = expectation.values.slice(0, 10).map(describeValue).join(', ');
  const more = expectation.values.length > 10 ? ` and ${expectation.values.length - 10} more` : '';
  return check(
    expectation,
    'set',
    (value) => !isMissing(value) && !allowed.has(value),
    (value) => `is ${describeValue(value)}, not one of ${shown}${more}`,
  );
}

function patternCheck(expectation: OfKind<'pattern'>): Check {
  const compiled = compilePattern(expectation.pattern);
  if (!compiled.ok) throw new Error(`the pattern of ${expectation.name} ${compiled.message}`);
  const { pattern } = compiled;
  return check(
    expectation,
    'pattern',
    (value) => typeof value === 'string' && !pattern.test(value),
    (value) => `is ${describeValue(value)}, which does not match /${expectation.pattern}/`,
  );
}

function lengthCheck(expectation: OfKind<'length'>): Check {
  const min = expectation.min ?? 0;
  const max = expectation.max ?? Number.POSITIVE_INFINITY;
  return check(
    expectation,
    'length',
    (value) => {
      if (typeof value !== 'string') return false;
      // A character is one or two UTF-16 units: only where that matters they are counted one by one.
      if (value.length <= max && value.length >= 2 * min) return false;
      const characters = charactersOf(value);
      return characters < min || characters > max;
    },
    (value) => {
      const characters = charactersOf(value as string);
      const bound = characters > max ? `more than its maximum ${max}` : `fewer than its minimum ${min}`;
      return `has ${characters} characters, ${bound}: ${describeValue(value)}`;
    },
  );
}

/** Unicode code points. */
function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined;
}

function check(
  { name, on, field }: FieldExpectation,
  reason: QuarantineReason,
  violates: (value: unknown) => boolean,
  describe: (value: unknown) => string,
): Check {
  return {
    name,
    on,
    violates: (event: Event) => violates(event[field]),
    describe: (event: Event) => ({ reason, sentence: `${field} ${describe(event[field])}` }),
  };
}
