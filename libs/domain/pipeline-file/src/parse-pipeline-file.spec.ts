import { eventSchemaPathOf, parsePipelineFile, type PipelineFileError } from './index.js';

const EVENT_SCHEMA = JSON.stringify({
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
});

const HEAD = `name: readings
event: { schema: event.avsc, id: id, key: region, time: at }`;
const TAIL = `features: [price]
model: { task: regression }`;

/** Lines of `expect`, from line 4 of the file on, at two blanks. */
function expecting(...entries: readonly string[]): string {
  return `${HEAD}\nexpect:\n${entries.map((entry) => `  - ${entry}`).join('\n')}\n${TAIL}\n`;
}

function definitionOf(text: string) {
  const parsed = parsePipelineFile(text, EVENT_SCHEMA);
  if (!parsed.ok)
    throw new Error(parsed.errors.map((error) => `${error.line}:${error.column} ${error.message}`).join('\n'));
  return parsed.definition;
}

function errorsOf(text: string, schema = EVENT_SCHEMA): readonly PipelineFileError[] {
  const parsed = parsePipelineFile(text, schema);
  return parsed.ok ? [] : parsed.errors;
}

/** `line:column path: message` */
function reportOf(text: string): readonly string[] {
  return errorsOf(text).map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}

describe('a good file', () => {
  it('gives a definition with every default in place', () => {
    expect(definitionOf(`${HEAD}\n${TAIL}`)).toEqual({
      name: 'readings',
      event: { schema: JSON.parse(EVENT_SCHEMA) as object, id: 'id', key: 'region', time: 'at' },
      expectations: [],
      dedupeWindowMs: null,
      features: [{ kind: 'field', name: 'price', type: 'number', field: 'price' }],
      model: { task: 'regression', threshold: 0.5 },
      topics: { partitions: 4, replicationFactor: 1, retentionMs: 604_800_000, maxMessageBytes: 1_048_576 },
    });
  });

  it('expands the checks of one entry', () => {
    const { expectations } = definitionOf(
      expecting('{ field: region, minLength: 2, maxLength: 3, pattern: "^[a-z]+$", in: [nsw, vic], notNull: true }'),
    );
    const common = { field: 'region', on: 'quarantine' };
    expect(expectations).toEqual([
      { ...common, name: 'region.notNull', kind: 'notNull' },
      { ...common, name: 'region.set', kind: 'set', values: ['nsw', 'vic'] },
      { ...common, name: 'region.pattern', kind: 'pattern', pattern: '^[a-z]+$' },
      { ...common, name: 'region.length', kind: 'length', min: 2, max: 3 },
    ]);
  });

  it.each([
    [
      '{ field: price, min: 0, name: cheap }',
      { name: 'cheap', on: 'quarantine', kind: 'range', field: 'price', min: 0 },
    ],
    [
      '{ field: at, maxLateness: 6h, maxAhead: 500ms }',
      {
        name: 'at.timeliness',
        on: 'quarantine',
        kind: 'timeliness',
        field: 'at',
        maxLatenessMs: 21_600_000,
        maxAheadMs: 500,
      },
    ],
    [
      '{ rule: "event.price >= 0.0", name: r, on: flag }',
      { name: 'r', on: 'flag', kind: 'rule', expression: 'event.price >= 0.0' },
    ],
    [
      '{ field: price, max: 1, impute: 0.5 }',
      { name: 'price.range', on: 'impute', imputeWith: 0.5, kind: 'range', field: 'price', max: 1 },
    ],
    [
      '{ field: limit, min: 0, on: impute, impute: null }',
      { name: 'limit.range', on: 'impute', imputeWith: null, kind: 'range', field: 'limit', min: 0 },
    ],
    [
      '{ field: price, outlier: { method: mad, threshold: 8 }, on: flag }',
      {
        name: 'price.outlier',
        on: 'flag',
        kind: 'outlier',
        field: 'price',
        method: 'mad',
        threshold: 8,
        window: 512,
        minRows: 64,
      },
    ],
    [
      '{ field: kind, in: [PEAK] }',
      { name: 'kind.set', on: 'quarantine', kind: 'set', field: 'kind', values: ['PEAK'] },
    ],
  ])('reads %s', (entry, expectation) => {
    expect(definitionOf(expecting(entry)).expectations).toEqual([expectation]);
  });

  it('knows the types of features', () => {
    const text = `${HEAD}\nfeatures:\n${[
      'region',
      '{ name: cost, field: price }',
      '{ name: late, cel: "event.at.getHours() > 20" }',
      '{ name: where, cel: "event.region + event.kind" }',
      '{ name: limit, cel: "event.limit", type: number }',
    ]
      .map((feature) => `  - ${feature}\n`)
      .join('')}model: { task: regression }`;
    expect(definitionOf(text).features.map(({ name, type }) => [name, type])).toEqual([
      ['region', 'string'],
      ['cost', 'number'],
      ['late', 'number'],
      ['where', 'string'],
      ['limit', 'number'],
    ]);
  });

  it('names the schema file before the rest is known to be right', () => {
    expect(eventSchemaPathOf('event: { schema: ../event.avsc }\nnme: x')).toBe('../event.avsc');
    expect(eventSchemaPathOf('event: [')).toBeUndefined();
    expect(eventSchemaPathOf('')).toBeUndefined();
  });
});

describe('errors', () => {
  it('come all at once, in the order of the file, with place and cure', () => {
    const text = `name: Readings
evnt: x
event: { schema: event.avsc, id: idd, key: tags, time: price }
expect:
  - { field: price, mn: 0 }
  - { field: regin, max: "1", on: flg }
  - 7
  - { field: region, min: 0 }
dedupe: 1h
features: [price, 3, { name: a, cell: "1" }, { name: b, cel: "event.pric * 2" }, price]
model: { task: binary }
topics: { partitions: 0.5, retention: 7days, replicationFactor: 0 }
`;
    expect(reportOf(text)).toEqual([
      '1:7 name: not a pipeline name; use lower-case letters, digits and dashes, a letter first, at most 63 characters, found "Readings"',
      '2:1 evnt: unknown key "evnt"; did you mean "event"?',
      '3:34 event.id: the event has no field "idd"; did you mean "id"?',
      `3:44 event.key: the event's key must be a string, an int, a long, an enum or a boolean; "tags" is array`,
      `3:56 event.time: the event's time must be a long with logicalType timestamp-millis or timestamp-micros, or an ISO 8601 string; "price" is double`,
      '5:21 expect[0].mn: unknown key "mn"; did you mean "min"?',
      '6:26 expect[1].max: expected a number, found "1"',
      '6:35 expect[1].on: expected one of quarantine, flag, impute, found "flg"; did you mean "flag"?',
      '7:5 expect[2]: expected a mapping (key: value), found 7',
      '8:27 expect[3].min: `min` is for numbers; "region" is string',
      '9:9 dedupe: expected a mapping (key: value), found "1h"',
      '10:19 features[1]: expected the name of a field or { name, cel }, found 3',
      '10:33 features[2].cell: unknown key "cell"; did you mean "cel"?',
      '10:69 features[3].cel: the expression is wrong at `pric`: No such key: pric; the event has the fields id, at, price, count, limit, region, kind, tags',
      '10:82 features[4]: the feature "price" is declared twice, first as features[0]; rename or remove one',
      '11:16 model.task: expected one of binary-classification, multiclass-classification, regression, found "binary"',
      '12:23 topics.partitions: expected a whole number, found 0.5',
      '12:39 topics.retention: not a duration; write a whole number and a unit: 500ms, 30s, 10m, 6h or 7d, found "7days"',
      '12:65 topics.replicationFactor: must be at least 1, found 0',
    ]);
  });

  it.each([
    ['{ field: nowhere, min: 0 }', /no field "nowhere"; the event has id, at, price/],
    ['{ field: price, pattern: x }', /`pattern` is for texts; "price" is double/],
    ['{ field: tags, in: [a] }', /`in` is for single values; "tags" is array/],
    ['{ field: region, pattern: "(" }', /not a regular expression/],
    ['{ field: price, min: 2, max: 1 }', /`max` 1 is below `min` 2; swap them/],
    ['{ field: region, minLength: 2, maxLength: 1 }', /`maxLength` 1 is below `minLength` 2/],
    ['{ field: price }', /checks nothing; add min, max/],
    ['{ on: flag }', /names neither a field nor a rule/],
    ['{ field: count, in: [1, 1.5] }', /1\.5 is not a whole number, as "count" is/],
    ['{ field: kind, in: [LOW] }', /"LOW" is not one of BASE, PEAK/],
    ['{ field: region, in: [1] }', /1 is not a text, as "region" is; put it in quotes/],
    ['{ field: price, maxLateness: 1h }', /`maxLateness` is for times; "price" is double/],
    ['{ field: region, maxAhead: 1h }', /`maxAhead` is for the event's time, "at"/],
    ['{ field: region, outlier: { method: mad, threshold: 3 } }', /`outlier` is for numbers/],
    [
      '{ field: price, outlier: { method: mad, threshold: 3, window: 10, minRows: 11 } }',
      /no event would ever be judged/,
    ],
    ['{ field: price, outlier: { method: mad, threshold: 0 } }', /must be more than 0, found 0/],
    ['{ field: price, max: 1, on: impute }', /needs the value to put in place; add `impute: <value>`/],
    ['{ field: price, max: 1, on: flag, impute: 0 }', /has no effect with `on: flag`/],
    ['{ field: price, max: 1, impute: "0" }', /"0" is not a number, as "price" is/],
    ['{ field: price, max: 1, impute: 2 }', /the value 2 violates this entry's own range check/],
    ['{ field: price, max: 1, impute: null }', /"price" can't be null: it is double/],
    ['{ field: limit, notNull: true, impute: null }', /null is what `notNull` refuses/],
    ['{ field: at, maxLateness: 1h, impute: 0 }', /the event's time can't be imputed/],
    ['{ rule: "event.price > 0" }', /a rule needs a `name`/],
    ['{ rule: "event.price", name: r }', /a rule must be true or false; this one gives double/],
    ['{ rule: "event.price > 0", name: r, field: price }', /a rule stands alone; move `field`/],
    ['{ rule: "event.price > 0", name: r, impute: 0 }', /a rule can't impute/],
    ['{ field: price, min: 0, name: "a,b" }', /not a name for a check/],
  ])('of %s say what to do', (entry, message) => {
    const errors = errorsOf(expecting(entry));
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toMatch(message);
    expect(errors[0]?.line).toBe(4);
  });

  it('point into an expression', () => {
    const [error] = errorsOf(expecting('{ name: r, rule: "event.price > 0 && event.regon == 1" }'));
    // `regon`
    expect(error).toMatchObject({ line: 4, column: 5 + '{ name: r, rule: "event.price > 0 && event.'.length });
  });

  it('name the other check of the same name', () => {
    expect(reportOf(expecting('{ field: price, min: 0 }', '{ field: price, max: 1 }'))).toEqual([
      '5:5 expect[1]: the name "price.range" is taken by expect[0]; give this check a name of its own',
    ]);
  });

  it.each([
    ['model: { task: regression, threshold: 0.2 }', /has no effect with `task: regression`/],
    ['model: { task: binary-classification, threshold: 2 }', /must be at most 1, found 2/],
    ['model: {}', /"task" is missing; add it: one of/],
  ])('of %s', (model, message) => {
    expect(errorsOf(`${HEAD}\nfeatures: [price]\n${model}`)[0]?.message).toMatch(message);
  });

  it.each([
    ['', /expected a mapping/],
    ['- a', /expected a mapping/],
    ['name: a\nname: b', /unique.*"name"/],
    [`name: ${'['.repeat(60)}${']'.repeat(60)}`, /nested too deeply/],
    [`name: ${'x'.repeat(300_000)}`, /300006 characters, the limit is 262144/],
    ['name: [', /end/],
    ['name: *nowhere', /[Aa]lias/],
  ])('of the file %j itself', (text, message) => {
    const errors = errorsOf(text);
    expect(errors.map(({ message: said }) => said).join()).toMatch(message);
    expect(errors[0]?.line).toBeGreaterThan(0);
  });

  it('refuse names that the platform has taken', () => {
    expect(errorsOf(`${HEAD}\n${TAIL}`.replace('readings', 'system'))[0]?.message).toMatch(/taken/);
  });
});

describe('the event schema', () => {
  it.each([
    ['{', /not JSON/],
    ['"string"', /must be an Avro record/],
    ['{"type":"record","name":"R","fields":[]}', /needs "fields"/],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":"strng"}]}', /field "a" has the unknown type "strng"/],
    ['{"type":"record","name":"R","fields":[{"name":"a b","type":"int"}]}', /field name "a b"/],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}', /"a" twice/],
    ['{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"enum","name":"E"}}]}', /needs "symbols"/],
    ['{"type":"record","name":"R","fields":[{"name":"a"}]}', /field "a" has no type/],
  ])('%s is refused at event.schema', (schema, message) => {
    const [error] = errorsOf(`${HEAD}\n${TAIL}`, schema);
    expect(error).toMatchObject({ line: 2, column: 18, path: 'event.schema' });
    expect(error?.message).toMatch(message);
  });

  it('may refer to its own named types', () => {
    const fields = [
      { name: 'id', type: 'string' },
      { name: 'region', type: { type: 'enum', name: 'Region', symbols: ['A'] } },
      { name: 'other', type: ['null', 'Region'] },
      { name: 'third', type: 'ns.Region' },
      { name: 'at', type: 'string' },
      { name: 'price', type: 'float' },
    ];
    const schema = JSON.stringify({ type: 'record', name: 'R', namespace: 'ns', fields });
    expect(errorsOf(`${HEAD}\n${TAIL}`, schema)).toEqual([]);
  });
});
