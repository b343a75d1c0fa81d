import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import type { PipelineDefinition } from '#contracts';
import {
  diffDefinitions,
  eventSchemaPathOf,
  labelSchemaPathOf,
  parsePipelineFile,
  type ParsedPipelineFile,
} from './index.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

const SCHEMA = {
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: 'double' },
    { name: 'count', type: 'int' },
    { name: 'limit', type: ['null', 'double'] },
    { name: 'region', type: 'string' },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['BASE', 'PEAK'] } },
    { name: 'tags', type: { type: 'array', items: 'string' } },
  ],
};
const SCHEMA_TEXT = JSON.stringify(SCHEMA);

const LABEL_SCHEMA = {
  type: 'record',
  name: 'Verdict',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'known_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'verdict', type: { type: 'enum', name: 'Word', symbols: ['NO', 'YES'] } },
    { name: 'revision', type: 'int' },
  ],
};
const LABEL_SCHEMA_TEXT = JSON.stringify(LABEL_SCHEMA);

const VALID = `# A comment.
name: readings
description: Readings of meters
event: { schema: event.avsc, id: id, key: region, time: at }
expect:
  - { field: price, min: 0, max: 1, on: flag }
  - { field: region, minLength: 2, maxLength: 3, pattern: "^[a-z]+$", in: [nsw, vic] }
  - { field: at, maxLateness: 6h, maxAhead: 500ms }
  - { rule: "event.price >= 0.0 && event.tags.exists(t, t == 'x')", name: price_not_negative }
  - { field: limit, max: 1, impute: 0.5 }
  - { field: price, name: odd, outlier: { method: mad, threshold: 8 }, on: flag }
dedupe: { window: 1h }
features:
  - price
  - region
  - { name: twice, cel: "event.price * 2" }
model: { task: binary-classification, threshold: 0.4, trainer: { name: gbdt, parameters: { leaves: 31 } } }
label: { schema: label.avsc, id: id, field: verdict, classes: [NO, YES], time: known_at, revision: revision, within: 2d }
monitor:
  every: 10m
  window: 1h
  slices: [region]
  receivers: [oncall]
  quality: { columns: [price, twice], alert: { missing_ratio: { above: 0.1, of: price, severity: critical } } }
  drift: { method: { numeric: wasserstein }, warn: 0.1, alert: 0.2 }
  performance: { metrics: [accuracy, roc_auc], alert: { roc_auc: [{ below: 0.8 }, { above: 0.99 }] } }
  estimate:
  concept: { detector: page_hinkley, threshold: 20 }
  fairness: { by: [kind], alert: 0.1 }
  labels: {}
  business: [{ name: dear, sql: "SELECT avg(price) AS value FROM {outcomes}", alert: { value: { below: 10 } } }]
retrain:
  on: [drift, { performance: critical }, { labels: 5000 }, { schedule: "0 3 * * *" }]
  window: 90d
  holdout: 25%
  search: { method: grid, space: { minRowsPerLeaf: [10, 20] } }
gates: { metric: brier, slices: { by: [kind] }, fairness: {}, maxSize: 2MiB }
rollout:
  steps: [{ shadow: 10m }, { canary: 5%, hold: 1h }, approval, { ab: 50%, hold: 1d }]
  guard: { roc_auc: { worseBy: 0.02 }, dear: { above: 50 } }
explain: { top: 3, sample: 2%, when: "prediction.score > 0.9" }
topics: { partitions: 3, retention: 7d, maxMessageBytes: 2048 }
`;

/** What holds of every answer: a definition, or problems that each have a place in the file and a sentence. */
function expectAnswer(text: string, schema = SCHEMA_TEXT, labelSchema = LABEL_SCHEMA_TEXT): ParsedPipelineFile {
  const parsed = parsePipelineFile(text, schema, labelSchema);
  const paths = [eventSchemaPathOf(text), labelSchemaPathOf(text)];
  if (parsed.ok) {
    expect(paths).toEqual([expect.any(String), parsed.definition.label && expect.any(String)]);
    expect(diffDefinitions(parsed.definition, parsed.definition)).toEqual([]);
    return parsed;
  }
  expect(parsed.errors.length).toBeGreaterThan(0);
  const lines = text.split(/\r\n|\r|\n/).length;
  for (const { line, column, path: at, message } of parsed.errors) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(typeof at).toBe('string');
    expect(message.trim()).not.toBe('');
    expect(message).not.toMatch(/\[object Object\]|undefined is not|Cannot read prop|Maximum call stack/);
  }
  return parsed;
}

const NASTY = [
  '\t', '\u0000', '\ufeff', '\u2028', '\r', '😀', '\ud800', '&a [*a]', '*a', '<<: *a', '!!binary x', '!!js/function x',
  '? ', '- - - - ', '{{{{', ']]]]', '|', '>', '%YAML 9.9\n', '---\n', '...\n', '"\\x"', "'", '1e999', '-.inf', '.nan',
  '0x7fffffffffffffffffff', '99999999999999999999d', 'null', '~', '__proto__: 1', 'constructor: {}', 'name: again\n',
]; // prettier-ignore

const mutation = fc.oneof(
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(),
    text: fc.oneof(fc.constantFrom(...NASTY), fc.string()),
  }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('double' as const), at: fc.nat() }),
);

function mutated(
  text: string,
  changes: readonly (typeof mutation extends fc.Arbitrary<infer T> ? T : never)[],
): string {
  return changes.reduce((before, change) => {
    const at = change.at % (before.length + 1);
    if (change.kind === 'insert') return before.slice(0, at) + change.text + before.slice(at);
    if (change.kind === 'cut') return before.slice(0, at) + before.slice(at + change.length);
    const lines = before.split('\n');
    const line = change.at % lines.length;
    return lines.toSpliced(line, 0, lines[line]!).join('\n');
  }, text);
}

describe('a pipeline file', () => {
  it('that is right is a definition', () => {
    expect(expectAnswer(VALID).ok).toBe(true);
  });

  it('of any text is a definition or problems with a place', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.array(fc.constantFrom(...NASTY)).map((it) => it.join('')),
        ),
        (text) => void expectAnswer(text),
      ),
      { numRuns: RUNS },
    );
  });

  it('that was mutated is a definition or problems with a place', () => {
    fc.assert(
      fc.property(
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (changes) => void expectAnswer(mutated(VALID, changes)),
      ),
      { numRuns: RUNS },
    );
  });

  it('in which one value is anything else is a definition or problems with a place', () => {
    const paths = pathsOf(parse(VALID) as object);
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        Number.POSITIVE_INFINITY,
        Number.NaN,
        -0,
        1e308,
        2 ** 53,
        '99999999999999d',
        '(a+)+$',
        '(',
        'a'.repeat(3_000),
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), odd, (path, value) => {
        const file = structuredClone(parse(VALID)) as Record<string, unknown>;
        setAt(file, path, value);
        expectAnswer(stringify(file));
      }),
      { numRuns: RUNS },
    );
  });

  it.each([
    ['event', SCHEMA],
    ['label', LABEL_SCHEMA],
  ])('of any text of the %s schema is a definition or problems with a place', (which, given) => {
    const paths = pathsOf(given);
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom('Reading', 'record', '__proto__', 'constructor', 'a.b', ''));
    const schema = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(fc.constantFrom(...paths), odd).map(([path, value]) => {
        const copy = structuredClone(given) as Record<string, unknown>;
        setAt(copy, path, value);
        return JSON.stringify(copy);
      }),
    );
    fc.assert(
      fc.property(
        schema,
        (text) => void (which === 'event' ? expectAnswer(VALID, text) : expectAnswer(VALID, SCHEMA_TEXT, text)),
      ),
      { numRuns: RUNS },
    );
  });

  it.each([
    ['aliases that double with each line', bomb(30)],
    ['nested flow', `a: ${'['.repeat(20_000)}`],
    ['nested maps', `a: ${'{a: '.repeat(5_000)}`],
    ['nested blocks', Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['nested sequences in a line', '- '.repeat(5_000)],
    ['an alias of itself', 'name: &a [*a]\nevent: *a'],
    ['a merge of itself', 'event: &a { <<: *a }'],
    ['many documents', '---\n'.repeat(2_000)],
    ['a very long line', `name: ${'x'.repeat(1_000_000)}`],
    ['many keys', Array.from({ length: 15_000 }, (_, at) => `k${at}: ${at}`).join('\n')],
    ['the same key again and again', 'name: a\n'.repeat(2_000)],
    ['nested expressions', VALID.replace('event.price * 2', `${'('.repeat(5_000)}1`)],
  ])('of %s is answered', (_, text) => {
    expect(expectAnswer(text).ok).toBe(false);
  });
});

describe('a definition', () => {
  /** The file that a definition could have been read from, all in canonical form. */
  const printed = (file: unknown): string => stringify(file);
  const duration = fc.tuple(fc.nat({ max: 1_000 }), fc.constantFrom('ms', 's', 'm', 'h', 'd')).map((it) => it.join(''));
  const entry = fc.oneof(
    fc.record({
      field: fc.constant('price'),
      min: fc.double({ max: 0, noNaN: true, noDefaultInfinity: true }).map((min) => min + 0),
      max: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((max) => max + 0),
    }),
    fc.record({
      field: fc.constant('region'),
      in: fc.uniqueArray(fc.string(), { minLength: 1 }),
      on: fc.constantFrom('flag', 'quarantine'),
    }),
    fc.record({ field: fc.constant('at'), maxLateness: duration }),
    fc.record({ field: fc.constant('region'), minLength: fc.nat(5), maxLength: fc.integer({ min: 5, max: 9 }) }),
    fc.record({ rule: fc.constantFrom('event.price > 1.0', "event.region == 'a\"b'", 'true') }),
  );
  const file = fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).map((name) => `p${name}`),
    description: fc.string(),
    event: fc.constant({ schema: 'event.avsc', id: 'id', key: 'region', time: 'at' }),
    expect: fc.array(entry, { maxLength: 5 }).map((all) => all.map((it, at) => ({ ...it, name: `check_${at}` }))),
    dedupe: fc.record({ window: duration }),
    features: fc.uniqueArray(fc.constantFrom('price', 'count', 'limit', 'region'), { minLength: 1 }),
    model: fc.record({
      task: fc.constant('binary-classification'),
      threshold: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    label: fc.record({
      schema: fc.constant('label.avsc'),
      id: fc.constant('id'),
      field: fc.constant('verdict'),
      classes: fc.constantFrom(['NO', 'YES'], ['YES', 'NO']),
      within: fc.integer({ min: 1, max: 9 }).map((days) => `${days}d`),
    }),
    monitor: fc.record(
      {
        every: fc.constantFrom('1m', '1h'),
        window: fc.constant('1h'),
        slices: fc.uniqueArray(fc.constantFrom('region', 'kind', 'decision'), { minLength: 1 }),
        quality: fc.constantFrom(null, {}, { minRows: 7 }),
        drift: fc.record({
          features: fc.constant(undefined),
          warn: fc.double({ min: 0, max: 1, noNaN: true }).map((bound) => bound + 0),
        }),
        performance: fc.record({ metrics: fc.uniqueArray(fc.constantFrom('f1', 'brier'), { minLength: 1 }) }),
        labels: fc.constant({}),
        business: fc
          .uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
          .map((names) => names.map((name) => ({ name, sql: 'SELECT count() AS value FROM {predictions}' }))),
      },
      { requiredKeys: ['every', 'window', 'labels', 'performance'] },
    ),
    retrain: fc.record(
      {
        on: fc.uniqueArray(fc.constantFrom('performance', { labels: 7 }, { schedule: '0 3 * * *' })),
        window: fc.constantFrom('1d', '24h', '2d'),
        holdout: fc.constantFrom('10%', 0.1, 0.2),
        search: fc.record({
          space: fc.constantFrom({ leaves: [15], minRowsPerLeaf: [7] }, { minRowsPerLeaf: [7], leaves: [15] }, {}),
        }),
      },
      { requiredKeys: [] },
    ),
    gates: fc.record({ metric: fc.constantFrom('f1', 'brier'), maxSize: fc.constantFrom('1kB', '1000B') }),
    rollout: fc.record(
      {
        steps: fc.subarray([{ shadow: '1h' }, { canary: '5%' }, 'approval', { ab: 0.5, hold: '1d' }]),
        guard: fc.constantFrom({ brier: { worseBy: 1 }, accuracy: { worseBy: 1 } }, { accuracy: { worseBy: 1 } }),
      },
      { requiredKeys: [] },
    ),
    explain: fc.constantFrom(null, {}, { top: 5 }, { when: 'prediction.score > 0.9' }),
    topics: fc.record({ partitions: fc.integer({ min: 1, max: 100 }), retention: duration }),
  });
  const definitionOf = (text: string): PipelineDefinition => {
    const parsed = parsePipelineFile(text, SCHEMA_TEXT, LABEL_SCHEMA_TEXT);
    if (!parsed.ok) throw new Error(parsed.errors.map(({ line, message }) => `${line} ${message}`).join('\n'));
    return parsed.definition;
  };

  it('is the same however its file is laid out', () => {
    fc.assert(
      fc.property(file, (it) => {
        const block = definitionOf(printed(it));
        expect(definitionOf(JSON.stringify(it))).toEqual(block);
        expect(definitionOf(printed(parse(printed(it))))).toEqual(block);
        const reversed = Object.fromEntries(Object.entries(it).reverse());
        expect(diffDefinitions(block, definitionOf(printed(reversed)))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('differs from another one exactly when they are not equal, and both ways round', () => {
    fc.assert(
      fc.property(file, file, (a, b) => {
        const [first, second] = [definitionOf(printed(a)), definitionOf(printed(b))];
        const isSame = JSON.stringify(first) === JSON.stringify(second);
        expect(diffDefinitions(first, second).length === 0).toBe(isSame);
        expect(diffDefinitions(second, first).length === 0).toBe(isSame);
      }),
      { numRuns: RUNS },
    );
  });
});

/** Each line names the one before it ten times. */
function bomb(lines: number): string {
  const more = Array.from(
    { length: lines },
    (_, at) => `a${at + 1}: &a${at + 1} [${Array(10).fill(`*a${at}`).join(', ')}]`,
  );
  return ['a0: &a0 [x]', ...more].join('\n');
}

type Path = readonly (string | number)[];

function pathsOf(value: object, at: Path = []): Path[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const path = [...at, Array.isArray(value) ? Number(key) : key];
    return typeof inner === 'object' && inner !== null ? [path, ...pathsOf(inner, path)] : [path];
  });
}

function setAt(value: Record<string, unknown>, path: Path, to: unknown): void {
  const parent = path.slice(0, -1).reduce<Record<string | number, unknown>>((it, key) => it[key] as never, value);
  parent[path.at(-1)!] = to;
}
