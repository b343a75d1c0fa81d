import type { AvroRecordSchema, Expectation } from '#contracts';
import { CelFailure, compileExpression } from '#domain/cel';
import { describeValue } from './describe-value.js';
import type { Event } from './event.js';
import type { Check } from './violation.js';

/**
 * A CEL rule. One that can't be evaluated for an event, e.g. because it compares with null, counts as violated, with
 * reason `rule_error`.
 *
 * @throws Error when the expression does not compile; a definition that went through the pipeline file does
 */
export function compileRuleCheck(expectation: Extract<Expectation, { kind: 'rule' }>, schema: AvroRecordSchema): Check {
  const { name, on, expression } = expectation;
  const result = compileExpression(schema, expression);
  if (!result.ok) throw new Error(`rule ${name} does not compile: ${result.error.message}`);
  const { evaluate, fields } = result.compiled;
  const shown = (event: Event): string =>
    fields.length === 0 ? '' : ` with ${fields.map((field) => `${field} = ${describeValue(event[field])}`).join(', ')}`;
  return {
    name,
    on,
    violates: (event) => evaluate(event) !== true,
    describe(event) {
      const value = evaluate(event);
      if (value === false) return { reason: 'rule', sentence: `${name} does not hold: ${expression}${shown(event)}` };
      const why = value instanceof CelFailure ? value.message : `it gives ${describeValue(value)}, not true or false`;
      return { reason: 'rule_error', sentence: `${name} can't be evaluated: ${expression}${shown(event)}: ${why}` };
    },
  };
}
