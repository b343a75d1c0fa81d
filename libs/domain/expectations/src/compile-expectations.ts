import type { Expectation, PipelineDefinition } from '#contracts';
import { compileIdentity } from '#domain/event-schema';
import { compileFieldCheck } from './field-checks.js';
import { compileOutlierCheck } from './outlier-check.js';
import { outlierExpectationsOf } from './outlier-reference.js';
import { compileRuleCheck } from './rule-check.js';
import { compileSoundnessChecks } from './soundness-checks.js';
import { compileTimelinessCheck } from './timeliness-check.js';
import type { Event } from './event.js';
import type { Check, CheckContext, Violation, Violations } from './violation.js';

export interface Expectations {
  /** All checks. Null when the event meets them; then nothing was allocated. Never changes the event. */
  check(event: Event, context: CheckContext): Violations | null;
  /** The checks that need nothing but the event: all but timeliness and outliers. */
  checkEvent(event: Event): Violations | null;
}

/** An imputing check: what it writes, and where. */
interface Imputation {
  readonly check: Check;
  readonly field: string;
  readonly value: unknown;
}

interface CompiledExpectation {
  readonly expectation: Expectation;
  readonly check: Check;
}

/** What is done with an event: first `imputing`, then `checks`, each in order. */
interface Plan {
  readonly imputing: readonly Imputation[];
  readonly checks: readonly Check[];
}

const NONE: ReadonlySet<string> = new Set();

const NO_CONTEXT: CheckContext = {
  watermarkMs: Number.NEGATIVE_INFINITY,
  recordTimestampMs: Number.POSITIVE_INFINITY,
  outliers: null,
};

/**
 * Compiles the expectations of a definition. Imputing ones come first, so that the others see the mended event; then what
 * every event must meet; then the rest in the order of the file.
 *
 * @param off names of expectations that are not checked
 * @throws Error when a rule does not compile; a definition that went through the pipeline file does
 */
export function compileExpectations(
  definition: Pick<PipelineDefinition, 'event' | 'expectations'>,
  off: ReadonlySet<string> = NONE,
): Expectations {
  const { event, expectations } = definition;
  const { timeMsOf } = compileIdentity(event);
  const outliers = outlierExpectationsOf(expectations);
  const compile = (expectation: Expectation): Check => {
    switch (expectation.kind) {
      case 'rule':
        return compileRuleCheck(expectation, event.schema);
      case 'timeliness':
        return compileTimelinessCheck(expectation, timeMsOf);
      case 'outlier':
        return compileOutlierCheck(expectation, outliers.indexOf(expectation));
      default:
        return compileFieldCheck(expectation);
    }
  };
  const compiled = expectations
    .filter(({ name }) => !off.has(name))
    .map((expectation) => ({ expectation, check: compile(expectation) }));
  const alone = compiled.filter(({ expectation: { kind } }) => kind !== 'timeliness' && kind !== 'outlier');
  const soundness = compileSoundnessChecks(event, timeMsOf);
  const everything = planOf(compiled, soundness);
  const stateless = planOf(alone, soundness);
  return {
    check: (it, context) => run(it, context, everything),
    checkEvent: (it) => run(it, NO_CONTEXT, stateless),
  };
}

function planOf(compiled: readonly CompiledExpectation[], soundness: readonly Check[]): Plan {
  const imputing = compiled.flatMap(({ expectation, check }): Imputation[] =>
    expectation.on === 'impute' && 'field' in expectation
      ? [{ check, field: expectation.field, value: expectation.imputeWith ?? null }]
      : [],
  );
  const judging = compiled.filter(({ expectation }) => expectation.on !== 'impute').map(({ check }) => check);
  return { imputing, checks: [...soundness, ...judging] };
}

function run(event: Event, context: CheckContext, { imputing, checks }: Plan): Violations | null {
  let found: Violation[] | null = null;
  let mended: Record<string, unknown> | null = null;
  for (let index = 0; index < imputing.length; index++) {
    const { check, field, value } = imputing[index]!;
    const subject = mended ?? event;
    if (!check.violates(subject, context)) continue;
    (found ??= []).push(violationOf(check, subject, context));
    mended ??= { ...event };
    mended[field] = value;
  }
  const subject = mended ?? event;
  for (let index = 0; index < checks.length; index++) {
    const check = checks[index]!;
    if (check.violates(subject, context)) (found ??= []).push(violationOf(check, subject, context));
  }
  return found === null ? null : violationsOf(found, subject);
}

function violationOf(check: Check, event: Event, context: CheckContext): Violation {
  return { name: check.name, on: check.on, ...check.describe(event, context) };
}

function violationsOf(all: readonly Violation[], event: Event): Violations {
  const [first] = all.filter(({ on }) => on === 'quarantine');
  return {
    all,
    quarantine:
      first === undefined
        ? null
        : { reason: first.reason, message: `${all.map(({ sentence }) => sentence).join('; ')}.` },
    flags: all.filter(({ on }) => on !== 'quarantine').map(({ name }) => name),
    event,
  };
}
