import type { Expectation, Scalar } from '#contracts';
import type { EventField, EventFieldKind } from '#domain/event-schema';
import { compilePattern } from '#domain/linear-pattern';
import { parseDurationMs } from './duration.js';
import type { ExpectEntry } from './pipeline-file.schema.js';
import type { Resolution } from './resolution.js';
import type { EntryCommon } from './resolve-expectations.js';
import type { Path } from './yaml-source.js';

/** The part of an Expectation that its kind alone decides. */
type Check = Expectation extends infer E
  ? E extends Expectation
    ? Omit<E, 'name' | 'on' | 'imputeWith'>
    : never
  : never;

/** An entry being resolved: reports at its own keys. */
class Entry {
  constructor(
    readonly entry: ExpectEntry,
    readonly field: EventField,
    readonly common: EntryCommon,
    private readonly path: Path,
    private readonly resolution: Resolution,
  ) {}

  get timeField(): string | undefined {
    return this.resolution.timeField;
  }

  fail(key: keyof ExpectEntry | undefined, message: string): void {
    this.resolution.fail(key === undefined ? this.path : [...this.path, key], message);
  }

  /** Whether the field's kind fits a check; if not, an error at the check's key. */
  fits(key: keyof ExpectEntry, kinds: readonly EventFieldKind[], wanted: string): boolean {
    const fits = kinds.includes(this.field.kind);
    if (!fits) this.fail(key, `\`${key}\` is for ${wanted}; "${this.field.name}" is ${this.field.typeName}`);
    return fits;
  }
}

export function resolveFieldChecks(
  entry: ExpectEntry,
  field: EventField,
  common: EntryCommon,
  path: Path,
  resolution: Resolution,
): readonly Expectation[] {
  const it = new Entry(entry, field, common, path, resolution);
  const checks = [notNull(it), range(it), set(it), pattern(it), length(it), timeliness(it), outlier(it)].filter(
    (check) => check !== undefined,
  );
  if (checks.length === 0 && !namesACheck(entry)) {
    it.fail(
      undefined,
      `checks nothing; add min, max, in, pattern, minLength, maxLength, notNull, maxLateness, maxAhead or outlier`,
    );
  }
  checkImpute(it, checks);
  return checks.map((check) => ({ ...check, name: nameOf(it, check, checks.length), ...common }));
}

const CHECK_KEYS = [
  'notNull',
  'min',
  'max',
  'in',
  'pattern',
  'minLength',
  'maxLength',
  'maxLateness',
  'maxAhead',
  'outlier',
] as const;

function namesACheck(entry: ExpectEntry): boolean {
  return CHECK_KEYS.some((key) => entry[key] !== undefined);
}

function nameOf({ entry, field }: Entry, check: Check, checks: number): string {
  if (entry.name === undefined) return `${field.name}.${check.kind}`;
  return checks === 1 ? entry.name : `${entry.name}.${check.kind}`;
}

function notNull({ entry, field }: Entry): Check | undefined {
  return entry.notNull ? { kind: 'notNull', field: field.name } : undefined;
}

function range(it: Entry): Check | undefined {
  const { min, max } = it.entry;
  const key = min === undefined ? 'max' : 'min';
  if (min === undefined && max === undefined) return undefined;
  if (!it.fits(key, ['integer', 'number'], 'numbers')) return undefined;
  if (min !== undefined && max !== undefined && min > max)
    it.fail('max', `\`max\` ${max} is below \`min\` ${min}; swap them`);
  return { kind: 'range', field: it.field.name, ...defined({ min, max }) };
}

function set(it: Entry): Check | undefined {
  const values = it.entry.in;
  if (values === undefined || !it.fits('in', ['boolean', 'integer', 'number', 'string', 'enum'], 'single values'))
    return undefined;
  for (const value of values) {
    const problem = misfit(value, it.field);
    if (problem !== undefined) it.fail('in', problem);
  }
  return { kind: 'set', field: it.field.name, values };
}

function pattern(it: Entry): Check | undefined {
  const text = it.entry.pattern;
  if (text === undefined || !it.fits('pattern', ['string', 'enum'], 'texts')) return undefined;
  const compiled = compilePattern(text);
  if (!compiled.ok) {
    it.fail('pattern', `the pattern ${compiled.message}`);
    return undefined;
  }
  return { kind: 'pattern', field: it.field.name, pattern: text };
}

function length(it: Entry): Check | undefined {
  const { minLength: min, maxLength: max } = it.entry;
  if (min === undefined && max === undefined) return undefined;
  if (!it.fits(min === undefined ? 'maxLength' : 'minLength', ['string'], 'texts')) return undefined;
  if (min !== undefined && max !== undefined && min > max)
    it.fail('maxLength', `\`maxLength\` ${max} is below \`minLength\` ${min}; swap them`);
  return { kind: 'length', field: it.field.name, ...defined({ min, max }) };
}

function timeliness(it: Entry): Check | undefined {
  const { maxLateness, maxAhead } = it.entry;
  const key = maxLateness === undefined ? 'maxAhead' : 'maxLateness';
  if (maxLateness === undefined && maxAhead === undefined) return undefined;
  if (!it.fits(key, ['timestamp', 'string'], 'times')) return undefined;
  if (it.timeField !== undefined && it.field.name !== it.timeField)
    it.fail(key, `\`${key}\` is for the event's time, "${it.timeField}"`);
  return {
    kind: 'timeliness',
    field: it.field.name,
    ...defined({
      maxLatenessMs: maxLateness === undefined ? undefined : parseDurationMs(maxLateness),
      maxAheadMs: maxAhead === undefined ? undefined : parseDurationMs(maxAhead),
    }),
  };
}

function outlier(it: Entry): Check | undefined {
  const { outlier: given } = it.entry;
  if (given === undefined || !it.fits('outlier', ['integer', 'number'], 'numbers')) return undefined;
  const minRows = given.minRows ?? Math.max(4, Math.ceil(given.window / 8));
  if (minRows > given.window)
    it.fail('outlier', `\`minRows\` ${minRows} is above \`window\` ${given.window}: no event would ever be judged`);
  return {
    kind: 'outlier',
    field: it.field.name,
    method: given.method,
    threshold: given.threshold,
    window: given.window,
    minRows,
  };
}

function checkImpute(it: Entry, checks: readonly Check[]): void {
  const { imputeWith } = it.common;
  if (it.common.on !== 'impute' || imputeWith === undefined) return;
  if (checks.some(({ kind }) => kind === 'timeliness')) {
    return it.fail('impute', "the event's time can't be imputed; use `on: quarantine` or `on: flag`");
  }
  if (imputeWith === null) {
    if (!it.field.nullable) return it.fail('impute', `"${it.field.name}" can't be null: it is ${it.field.typeName}`);
    if (it.entry.notNull) it.fail('impute', 'null is what `notNull` refuses');
    return;
  }
  const problem = misfit(imputeWith, it.field);
  if (problem !== undefined) return it.fail('impute', problem);
  for (const check of checks) {
    if (violates(imputeWith, check))
      it.fail('impute', `the value ${JSON.stringify(imputeWith)} violates this entry's own ${check.kind} check`);
  }
}

/** Why a value of the file can't stand in a field, or undefined when it can. */
function misfit(value: Scalar, field: EventField): string | undefined {
  const written = JSON.stringify(value);
  switch (field.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${written} is not true or false, as "${field.name}" is`;
    case 'integer':
      return Number.isSafeInteger(value) ? undefined : `${written} is not a whole number, as "${field.name}" is`;
    case 'number':
      return typeof value === 'number' ? undefined : `${written} is not a number, as "${field.name}" is`;
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `${written} is not a text, as "${field.name}" is; put it in quotes`;
    case 'enum':
      return field.symbols.includes(String(value)) ? undefined : `${written} is not one of ${field.symbols.join(', ')}`;
    default:
      return `"${field.name}" is ${field.typeName}, for which no value can be written here`;
  }
}

function violates(value: Scalar, check: Check): boolean {
  switch (check.kind) {
    case 'range':
      return typeof value === 'number' && (value < (check.min ?? -Infinity) || value > (check.max ?? Infinity));
    case 'set':
      return !check.values.includes(value);
    case 'pattern': {
      const compiled = compilePattern(check.pattern);
      return compiled.ok && !compiled.pattern.test(String(value));
    }
    case 'length':
      return (
        typeof value === 'string' &&
        ([...value].length < (check.min ?? 0) || [...value].length > (check.max ?? Infinity))
      );
    default:
      return false;
  }
}

function defined<T extends Readonly<Record<string, unknown>>>(
  members: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
