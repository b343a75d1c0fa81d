import type { AvroRecordSchema } from '#contracts';
import { BoundedEvaluation } from './bounded-evaluation.js';
import { environmentFor } from './environment.js';
import { EventView, fieldCopiesOf } from './event-view.js';
import { fieldsOf } from './used-fields.js';

/** What an expression gives: numbers of any CEL type as a number, timestamps as ms since epoch. */
export type CelValue = boolean | number | string | null;

/** An expression that could not be evaluated for one event, e.g. a comparison with null. A value, never thrown. */
export class CelFailure {
  /** @param message what went wrong, without the expression */
  constructor(readonly message: string) {}
}

export interface CelExpression {
  readonly expression: string;
  /** CEL type of the result as far as it is known before evaluation: `bool`, `double`, `string`, …, or `dyn`. */
  readonly type: string;
  /** Event fields that the expression names. */
  readonly fields: readonly string[];
  /** Pure and synchronous; not reentrant; ends within some tenths of a second (see BoundedEvaluation). Allocates nothing but the failure, and a date per timestamp. */
  evaluate(event: Readonly<Record<string, unknown>>): CelValue | CelFailure;
}

export interface CelCompileError {
  /** What is wrong and how to mend it. */
  readonly message: string;
  /** Half-open range of characters in the expression. */
  readonly start: number;
  readonly end: number;
}

export type CelCompileResult =
  { readonly ok: true; readonly compiled: CelExpression } | { readonly ok: false; readonly error: CelCompileError };

/** Longer ones are refused before they are read. */
const MOST_CHARACTERS = 10_000;

/** What an expression is about: the name of its only variable. */
export type CelSubject = 'event' | 'prediction';

/** Compiles an expression over `event`, whose fields and types are the schema's. Expensive: do it once per definition. */
export function compileExpression(schema: AvroRecordSchema, expression: string): CelCompileResult {
  return compileOver('event', schema, expression);
}

/** Compiles an expression over a record that is known to it by `subject`. */
export function compileOver(subject: CelSubject, schema: AvroRecordSchema, expression: string): CelCompileResult {
  if (expression.length > MOST_CHARACTERS) {
    const message = `an expression of ${expression.length} characters, the limit is ${MOST_CHARACTERS}`;
    return { ok: false, error: { message, start: 0, end: 0 } };
  }
  const environment = environmentFor(schema, subject);
  const names = schema.fields.map(({ name }) => name);
  let parsed: ReturnType<typeof environment.parse>;
  try {
    parsed = environment.parse(expression);
  } catch (error) {
    return { ok: false, error: describeError(error, expression, names, subject) };
  }
  const checked = parsed.check();
  if (!checked.valid) return { ok: false, error: describeError(checked.error, expression, names, subject) };
  const fields = fieldsOf(parsed.ast, names, subject);
  const bounded = BoundedEvaluation.of(parsed.ast);
  if (!(bounded instanceof BoundedEvaluation)) return { ok: false, error: bounded };
  const copies = fieldCopiesOf(schema, fields);
  const view = new EventView();
  const context = { [subject]: view };
  return {
    ok: true,
    compiled: {
      expression,
      type: checked.type ?? 'dyn',
      fields,
      evaluate(event) {
        bounded.begin();
        try {
          for (const copy of copies) copy(event, view);
          const value = fromCel(parsed(context));
          bounded.end();
          return value;
        } catch (error) {
          return new CelFailure(summaryOf(error));
        }
      },
    },
  };
}

function fromCel(value: unknown): CelValue | CelFailure {
  switch (typeof value) {
    case 'boolean':
    case 'number':
    case 'string':
      return value;
    case 'bigint':
      return Number(value);
    default:
      if (value === null) return null;
      if (value instanceof Date) return value.getTime();
      return new CelFailure('the result is neither a number, a text, a truth value nor a time');
  }
}

/** The library's errors carry the bare sentence, and the place of the offending part, beside a message with a drawing of it. */
interface LibraryError {
  readonly code?: string;
  readonly summary?: string;
  readonly message?: string;
  readonly range?: { readonly start: number; readonly end: number };
}

function summaryOf(error: unknown): string {
  const { summary, message } = error as LibraryError;
  return summary ?? message ?? String(error);
}

function describeError(
  error: unknown,
  expression: string,
  fields: readonly string[],
  subject: CelSubject,
): CelCompileError {
  const { code, range } = error as LibraryError;
  const start = Math.min(range?.start ?? 0, expression.length);
  const end = Math.max(range?.end ?? expression.length, start);
  const part = expression.slice(start, end);
  return { message: `${summaryOf(error)}${cureOf(code, part, fields, subject)}`, start, end };
}

function cureOf(code: string | undefined, part: string, fields: readonly string[], subject: CelSubject): string {
  switch (code) {
    case 'no_such_key':
      return `; the ${subject} has the fields ${fields.join(', ')}`;
    case 'unknown_variable':
      return fields.includes(part)
        ? `; write ${subject}.${part}`
        : `; the only variable is \`${subject}\`, its fields are ${subject}.<field>`;
    default:
      return '';
  }
}
