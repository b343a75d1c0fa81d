import type { Expectation, Scalar, ViolationAction } from '#contracts';
import { resolveFieldChecks } from './resolve-field-checks.js';
import { resolveExpression } from './resolve-expression.js';
import type { ExpectEntry } from './pipeline-file.schema.js';
import type { Resolution } from './resolution.js';
import type { Path } from './yaml-source.js';

/** What all checks of one entry share. */
export interface EntryCommon {
  readonly on: ViolationAction;
  readonly imputeWith?: Scalar | null;
}

export function resolveExpectations(
  entries: readonly (ExpectEntry | undefined)[],
  resolution: Resolution,
): readonly Expectation[] {
  const names = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    if (entry === undefined) return [];
    const path: Path = ['expect', index];
    const expectations = resolveEntry(entry, path, resolution);
    for (const { name } of expectations) {
      const other = names.get(name);
      if (other !== undefined) {
        const where = other === index ? 'in this entry' : `by expect[${other}]`;
        resolution.fail(
          entry.name === undefined ? path : [...path, 'name'],
          `the name "${name}" is taken ${where}; give this check a name of its own`,
        );
      }
      names.set(name, index);
    }
    return expectations;
  });
}

function resolveEntry(entry: ExpectEntry, path: Path, resolution: Resolution): readonly Expectation[] {
  const common = resolveCommon(entry, path, resolution);
  if (entry.rule !== undefined) return resolveRule(entry, entry.rule, common, path, resolution);
  if (entry.field === undefined) {
    resolution.fail(path, 'names neither a field nor a rule; write `field: …` with a check, or `rule: "…"`');
    return [];
  }
  const field = resolution.field(entry.field, [...path, 'field']);
  return field ? resolveFieldChecks(entry, field, common, path, resolution) : [];
}

function resolveCommon(entry: ExpectEntry, path: Path, resolution: Resolution): EntryCommon {
  const imputes = entry.impute !== undefined;
  if (imputes && entry.on !== undefined && entry.on !== 'impute') {
    resolution.fail([...path, 'impute'], `has no effect with \`on: ${entry.on}\`; leave one of the two out`);
  }
  if (entry.on === 'impute' && !imputes) {
    resolution.fail([...path, 'on'], 'needs the value to put in place; add `impute: <value>`');
  }
  const on = entry.on ?? (imputes ? 'impute' : 'quarantine');
  return entry.impute === undefined ? { on } : { on, imputeWith: entry.impute };
}

function resolveRule(
  entry: ExpectEntry,
  rule: string,
  common: EntryCommon,
  path: Path,
  resolution: Resolution,
): readonly Expectation[] {
  const { rule: _rule, name, on: _on, impute: _impute, ...others } = entry;
  for (const key of Object.keys(others)) {
    resolution.fail([...path, key], `a rule stands alone; move \`${key}\` to an entry of its own`, { at: 'key' });
  }
  if (common.on === 'impute') {
    const key = entry.impute === undefined ? 'on' : 'impute';
    resolution.fail([...path, key], "a rule can't impute, since it names no field; use `on: flag` or `on: quarantine`");
  }
  if (name === undefined) {
    resolution.fail(
      [...path, 'rule'],
      'a rule needs a `name`, by which flags and quarantine records call it; add one, e.g. name: price_not_negative',
    );
  }
  const compiled = resolveExpression(rule, [...path, 'rule'], resolution);
  if (compiled && compiled.type !== 'bool' && compiled.type !== 'dyn') {
    resolution.fail(
      [...path, 'rule'],
      `a rule must be true or false; this one gives ${compiled.type}; compare it with something`,
    );
  }
  return [{ kind: 'rule', name: name ?? `rule ${String(path.at(-1))}`, on: common.on, expression: rule }];
}
