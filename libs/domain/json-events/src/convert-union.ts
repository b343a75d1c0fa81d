import { Conversion, shown, type Convert } from './conversion.js';

export interface Branch {
  /** As Avro's JSON encoding names it: `long`, `eddyline.Point`. */
  readonly name: string;
  /** How its values look in JavaScript; two branches of one look must be told apart by name. */
  readonly look: 'number' | 'string' | 'bytes' | 'boolean' | 'array' | 'object';
  readonly convert: Convert;
}

/**
 * A union of null and others. One other type: `null` or its value. Several: the first that takes the value, in the order
 * of the schema; `{ "<type>": value }` chooses one, as in Avro's own JSON encoding. Where the encoder could not tell
 * the branches apart by their looks, the result names the branch in the same way.
 */
export function union(branches: readonly Branch[], nullable: boolean): Convert {
  const [only] = branches;
  if (only === undefined) {
    return (value, conversion) =>
      value === null ? null : conversion.fail('type', `must be null, not ${shown(value)}`);
  }
  if (branches.length === 1) {
    return (value, conversion) => (value === null && nullable ? null : only.convert(value, conversion));
  }
  const wrapped = new Set(branches.map(({ look }) => look)).size < branches.length;
  const byName = new Map(branches.map((branch) => [branch.name, branch]));
  const result = ({ name }: Branch, value: unknown): unknown =>
    wrapped && value !== undefined ? { [name]: value } : value;
  return (value, conversion) => {
    if (value === null) return nullable ? null : conversion.fail('null_value', 'must not be null');
    const named = namedBranch(value, byName);
    if (named !== undefined) {
      conversion.enter(named.branch.name);
      const converted = named.branch.convert(named.value, conversion);
      conversion.leave();
      return result(named.branch, converted);
    }
    for (const branch of branches) {
      const attempt = new Conversion();
      const converted = branch.convert(value, attempt);
      if (attempt.errors.length === 0) return result(branch, converted);
    }
    const names = branches.map(({ name }) => name).join(' or ');
    return conversion.fail('type', `must be ${names}${nullable ? ' or null' : ''}, not ${shown(value)}`);
  };
}

function namedBranch(
  value: unknown,
  byName: ReadonlyMap<string, Branch>,
): { readonly branch: Branch; readonly value: unknown } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const keys = Object.keys(value);
  const [name] = keys;
  const branch = name === undefined || keys.length !== 1 ? undefined : byName.get(name);
  return branch === undefined ? undefined : { branch, value: (value as Record<string, unknown>)[branch.name] };
}
