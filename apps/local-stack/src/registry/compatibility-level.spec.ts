import { parseAvro } from './avro/parse-avro.js';
import { incompatibilities, type CompatibilityLevel } from './compatibility-level.js';

/** A record with int fields; `?` behind a name: with a default. */
function schema(...fields: string[]): ReturnType<typeof parseAvro> {
  return parseAvro(
    JSON.stringify({
      type: 'record',
      name: 'R',
      fields: fields.map((name) =>
        name.endsWith('?') ? { name: name.slice(0, -1), type: 'int', default: 0 } : { name, type: 'int' },
      ),
    }),
  );
}

function fits(
  level: CompatibilityLevel,
  next: ReturnType<typeof schema>,
  ...earlier: ReturnType<typeof schema>[]
): boolean {
  return (
    incompatibilities(
      level,
      next,
      earlier.map((model, index) => ({ version: index + 1, model })),
    ).length === 0
  );
}

describe('incompatibilities', () => {
  const base = schema('a');
  const changes = {
    'a field with a default is added': schema('a', 'b?'),
    'a field without a default is added': schema('a', 'b'),
    'a field without a default is removed': schema(),
  };

  it.each<[CompatibilityLevel, keyof typeof changes, boolean]>([
    ['NONE', 'a field without a default is added', true],
    ['BACKWARD', 'a field with a default is added', true],
    ['BACKWARD', 'a field without a default is added', false],
    ['BACKWARD', 'a field without a default is removed', true],
    ['FORWARD', 'a field with a default is added', true],
    ['FORWARD', 'a field without a default is added', true],
    ['FORWARD', 'a field without a default is removed', false],
    ['FULL', 'a field with a default is added', true],
    ['FULL', 'a field without a default is added', false],
    ['FULL', 'a field without a default is removed', false],
  ])('%s: %s → %s', (level, change, expected) => {
    expect(fits(level, changes[change], base)).toBe(expected);
  });

  it.each<CompatibilityLevel>([
    'BACKWARD',
    'FORWARD',
    'FULL',
    'BACKWARD_TRANSITIVE',
    'FORWARD_TRANSITIVE',
    'FULL_TRANSITIVE',
  ])('%s takes any first version', (level) => {
    expect(fits(level, base)).toBe(true);
  });

  it('looks at the latest version only, unless transitive', () => {
    // Version 2 gave b a default, version 3 takes it away: version 2 can be read, version 1 cannot.
    const [v1, v2, v3] = [schema('a'), schema('a', 'b?'), schema('a', 'b')];
    expect(fits('BACKWARD', v3, v1, v2)).toBe(true);
    expect(fits('BACKWARD_TRANSITIVE', v3, v1, v2)).toBe(false);
  });

  it('looks forward to every version when transitive', () => {
    const [v1, v2, v3] = [schema('a', 'b'), schema('a', 'b?'), schema('a')];
    expect(fits('FORWARD', v3, v1, v2)).toBe(true);
    expect(fits('FORWARD_TRANSITIVE', v3, v1, v2)).toBe(false);
    expect(fits('FULL_TRANSITIVE', v3, v1, v2)).toBe(false);
  });

  it('names the version, the direction and the field', () => {
    expect(incompatibilities('FULL', schema('b'), [{ version: 4, model: base }])).toEqual([
      "READER_FIELD_MISSING_DEFAULT_VALUE at /fields/0: the new schema cannot read version 4: the reader's field 'b' has no default, and the writer's record R lacks it",
      "READER_FIELD_MISSING_DEFAULT_VALUE at /fields/0: version 4 cannot read the new schema: the reader's field 'a' has no default, and the writer's record R lacks it",
    ]);
  });
});
