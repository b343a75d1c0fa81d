import type { Conversion, Convert } from './conversion.js';
import { shown } from './conversion.js';
import { didYouMean } from '#domain/spelling';

/** Deeper nesting is refused before it could exhaust the stack. */
const DEEPEST = 64;

export interface RecordField {
  readonly name: string;
  readonly convert: Convert;
  /** What stands for the field when the event leaves it out; null where it must be there. */
  readonly absent: { readonly value: unknown } | null;
}

export function array(items: Convert): Convert {
  return (value, conversion) => {
    if (!Array.isArray(value)) return conversion.fail('type', `must be an array, not ${shown(value)}`);
    return nested(conversion, () =>
      value.map((item, at) => within(conversion, at, () => required(items, item, conversion))),
    );
  };
}

export function map(values: Convert): Convert {
  return (value, conversion) => {
    if (!isObject(value)) return conversion.fail('type', `must be an object, not ${shown(value)}`);
    // fromEntries defines keys instead of assigning them: `__proto__` is a key as any other.
    return nested(conversion, () =>
      Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          within(conversion, key, () => required(values, item, conversion)),
        ]),
      ),
    );
  };
}

export function record(fields: () => readonly RecordField[]): Convert {
  let known: ReadonlySet<string> | undefined;
  return (value, conversion) => {
    if (!isObject(value)) return conversion.fail('type', `must be an object, not ${shown(value)}`);
    return nested(conversion, () => {
      const names = (known ??= new Set(fields().map(({ name }) => name)));
      const converted: Record<string, unknown> = {};
      for (const field of fields()) {
        if (Object.hasOwn(value, field.name)) {
          converted[field.name] = within(conversion, field.name, () =>
            required(field.convert, value[field.name], conversion),
          );
        } else if (field.absent === null) conversion.fail('missing_field', 'is required but missing', field.name);
        else converted[field.name] = field.absent.value;
      }
      for (const name of Object.keys(value)) {
        if (names.has(name)) continue;
        const missing = [...names].filter((candidate) => !Object.hasOwn(value, candidate));
        conversion.fail('unknown_field', `is not a field of the event${didYouMean(name, missing)}`, name);
      }
      return converted;
    });
  };
}

/** Null where the type has none is told apart from a wrong type: it is the commonest fault of all. */
function required(convert: Convert, value: unknown, conversion: Conversion): unknown {
  const before = conversion.errors.length;
  const converted = convert(value, conversion);
  if (value === null && conversion.errors.length > before) {
    conversion.errors.length = before;
    return conversion.fail('null_value', 'must not be null');
  }
  return converted;
}

function nested<T>(conversion: Conversion, convert: () => T): T | undefined {
  if (conversion.depth < DEEPEST) return convert();
  return conversion.fail('too_deep', `is nested deeper than ${DEEPEST} levels`);
}

function within<T>(conversion: Conversion, part: string | number, convert: () => T): T {
  conversion.enter(part);
  const converted = convert();
  conversion.leave();
  return converted;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
