import type { AvroRecordSchema, Expectation, PipelineDefinition } from '#contracts';
import { compileExpectations, OutlierReference, type CheckContext } from './index.js';

const AT = Date.UTC(1998, 5, 1, 12);
const HOUR_MS = 3_600_000;

const SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: 'double' },
    { name: 'demand', type: ['null', 'float'] },
    { name: 'count', type: 'int' },
    { name: 'region', type: 'string' },
  ],
};

type Reading = Readonly<Record<string, unknown>>;

const READING: Reading = { id: 'a', at: AT, price: 0.5, demand: 0.25, count: 3, region: 'nsw' };
const ON_TIME: CheckContext = { watermarkMs: AT, recordTimestampMs: AT, outliers: null };

const check = (expectation: object): Expectation => ({ name: 'it', on: 'quarantine', ...expectation }) as Expectation;

function given(
  ...expectations: readonly object[]
): PipelineDefinition['event'] & Pick<PipelineDefinition, 'event' | 'expectations'> {
  const event = { schema: SCHEMA, id: 'id', key: 'id', time: 'at' };
  return { ...event, event, expectations: expectations.map(check) };
}

function verdict(expectation: object, change: object, context: Partial<CheckContext> = {}) {
  return compileExpectations(given(expectation)).check({ ...READING, ...change }, { ...ON_TIME, ...context });
}

describe('one check', () => {
  it.each<[string, object, object, string, string]>([
    [
      'range',
      { kind: 'range', field: 'price', min: 0, max: 1 },
      { price: 1.7 },
      'range',
      'price is 1.7, above its maximum 1.',
    ],
    [
      'range',
      { kind: 'range', field: 'price', min: 0 },
      { price: -0.1 },
      'range',
      'price is -0.1, below its minimum 0.',
    ],
    [
      'notNull',
      { kind: 'notNull', field: 'demand' },
      { demand: null },
      'null_value',
      'demand is null where a value is required.',
    ],
    [
      'set',
      { kind: 'set', field: 'region', values: ['nsw', 'vic'] },
      { region: 'qld' },
      'set',
      'region is "qld", not one of "nsw", "vic".',
    ],
    [
      'pattern',
      { kind: 'pattern', field: 'region', pattern: '^[a-z]{3}$' },
      { region: 'NSW' },
      'pattern',
      'region is "NSW", which does not match /^[a-z]{3}$/.',
    ],
    [
      'length',
      { kind: 'length', field: 'region', min: 2 },
      { region: '🌏' },
      'length',
      'region has 1 characters, fewer than its minimum 2: "🌏".',
    ],
    [
      'length',
      { kind: 'length', field: 'region', max: 3 },
      { region: 'nsw1' },
      'length',
      'region has 4 characters, more than its maximum 3: "nsw1".',
    ],
    [
      'rule',
      { kind: 'rule', expression: 'event.price > event.count' },
      {},
      'rule',
      'it does not hold: event.price > event.count with price = 0.5, count = 3.',
    ],
    [
      'rule',
      { kind: 'rule', expression: 'event.demand > 0.1' },
      { demand: null },
      'rule_error',
      "it can't be evaluated: event.demand > 0.1 with demand = null: no such overload: dyn<null> > double.",
    ],
  ])('%s says what is wrong', (_kind, expectation, change, reason, message) => {
    expect(verdict(expectation, change)?.quarantine).toEqual({ reason, message });
  });

  it.each<[string, object, object]>([
    ['range at its bounds', { kind: 'range', field: 'price', min: 0, max: 1 }, { price: 1 }],
    ['range of null', { kind: 'range', field: 'demand', min: 0, max: 1 }, { demand: null }],
    ['notNull', { kind: 'notNull', field: 'demand' }, { demand: 0 }],
    ['set', { kind: 'set', field: 'region', values: ['nsw'] }, {}],
    ['pattern', { kind: 'pattern', field: 'region', pattern: 'sw' }, {}],
    ['length in characters', { kind: 'length', field: 'region', min: 3, max: 3 }, { region: '🌏🌏🌏' }],
    ['rule', { kind: 'rule', expression: 'event.count == 3' }, {}],
  ])('%s is met', (_name, expectation, change) => {
    expect(verdict(expectation, change)).toBeNull();
  });
});

describe('what every event must meet', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %p', (price) => {
    const found = compileExpectations(given({ kind: 'range', field: 'price', min: 0, max: 1 })).check(
      { ...READING, price },
      ON_TIME,
    );
    expect(found?.quarantine).toEqual({ reason: 'not_finite', message: `price is ${price}, not a finite number.` });
  });

  it('takes null where the schema does', () => {
    expect(compileExpectations(given()).check({ ...READING, demand: null }, ON_TIME)).toBeNull();
  });

  it('refuses a time in the wrong unit', () => {
    expect(compileExpectations(given()).check({ ...READING, at: AT * 1000 }, ON_TIME)?.quarantine).toEqual({
      reason: 'range',
      message: expect.stringContaining('check the unit of the timestamp') as string,
    });
  });

  it('refuses a text that is no time', () => {
    const schema: AvroRecordSchema = {
      ...SCHEMA,
      fields: [
        { name: 'id', type: 'string' },
        { name: 'at', type: 'string' },
      ],
    };
    const event = { schema, id: 'id', key: 'id', time: 'at' };
    const { check: judge } = compileExpectations({ event, expectations: [] });
    expect(judge({ id: 'a', at: '1998-06-01T12:00:00Z' }, ON_TIME)).toBeNull();
    expect(judge({ id: 'a', at: 'yesterday' }, ON_TIME)?.quarantine).toEqual({
      reason: 'type',
      message: 'at is "yesterday", not an ISO 8601 time.',
    });
  });
});

describe('timeliness', () => {
  const late = { kind: 'timeliness', field: 'at', maxLatenessMs: 6 * HOUR_MS };
  const ahead = { kind: 'timeliness', field: 'at', maxAheadMs: 300_000 };

  it('refuses an event two years late', () => {
    expect(verdict(late, {}, { watermarkMs: Date.UTC(2000, 5, 1, 12) })?.quarantine).toEqual({
      reason: 'late',
      message:
        'at is 1998-06-01T12:00:00.000Z, 731 days behind the newest event of its partition (2000-06-01T12:00:00.000Z); accepted are 6 hours.',
    });
  });

  it('accepts the last millisecond, refuses the next', () => {
    expect(verdict(late, {}, { watermarkMs: AT + 6 * HOUR_MS })).toBeNull();
    expect(verdict(late, {}, { watermarkMs: AT + 6 * HOUR_MS + 1 })?.quarantine?.reason).toBe('late');
    expect(verdict(ahead, {}, { recordTimestampMs: AT - 300_000 })).toBeNull();
    expect(verdict(ahead, {}, { recordTimestampMs: AT - 300_001 })?.quarantine?.reason).toBe('ahead');
  });

  it('knows no lateness before the first event', () => {
    expect(verdict(late, {}, { watermarkMs: Number.NEGATIVE_INFINITY })).toBeNull();
  });
});

describe('outliers', () => {
  const expectation = {
    kind: 'outlier',
    field: 'price',
    method: 'mad',
    threshold: 8,
    window: 20,
    minRows: 5,
    on: 'flag',
  };
  const definition = given(expectation);
  const { check: judge } = compileExpectations(definition);

  function referenceOf(...prices: readonly number[]): OutlierReference {
    const reference = OutlierReference.empty(definition);
    for (const price of prices) reference.accept({ ...READING, price });
    return reference;
  }

  it('flags a value far from the median of the accepted ones', () => {
    const outliers = referenceOf(0.1, 0.2, 0.3, 0.4, 0.5);
    expect(judge({ ...READING, price: 0.9 }, { ...ON_TIME, outliers })).toBeNull();
    const found = judge({ ...READING, price: 2 }, { ...ON_TIME, outliers });
    expect(found?.flags).toEqual(['it']);
    expect(found?.quarantine).toBeNull();
    expect(found?.all[0]?.sentence).toMatch(
      /price is 2, 11\.5 robust standard deviations from 0\.3, the median of the last 5 values; accepted are 8/,
    );
  });

  it('does not judge before minRows are known', () => {
    expect(judge({ ...READING, price: 1e9 }, { ...ON_TIME, outliers: referenceOf(0.1, 0.2, 0.3, 0.4) })).toBeNull();
  });
});

describe('what is off', () => {
  const outlier = { kind: 'outlier', method: 'mad', threshold: 8, window: 20, minRows: 3, on: 'flag' };
  const definition = given(
    { name: 'price.range', kind: 'range', field: 'price', max: 1 },
    { ...outlier, name: 'price.outlier', field: 'price' },
    { ...outlier, name: 'count.outlier', field: 'count' },
  );
  const outliers = OutlierReference.empty(definition);
  for (const count of [1, 2, 3]) outliers.accept({ ...READING, count, price: count / 10 });
  const flagsWithout = (...off: readonly string[]) => {
    const found = compileExpectations(definition, new Set(off)).check(
      { ...READING, price: 2, count: 900 },
      { ...ON_TIME, outliers },
    );
    return found?.all.map(({ name }) => name);
  };

  it('is not checked; the rest is, each against its own window', () => {
    expect(flagsWithout()).toEqual(['price.range', 'price.outlier', 'count.outlier']);
    expect(flagsWithout('price.outlier')).toEqual(['price.range', 'count.outlier']);
    expect(flagsWithout('price.range', 'count.outlier')).toEqual(['price.outlier']);
  });
});

describe('several checks', () => {
  const definition = given(
    { name: 'region.set', kind: 'set', field: 'region', values: ['nsw'], on: 'flag' },
    { name: 'price.range', kind: 'range', field: 'price', min: 0, max: 1 },
    { name: 'count.range', kind: 'range', field: 'count', max: 5 },
  );

  it('quarantines for the first that says so, and names them all', () => {
    const found = compileExpectations(definition).check({ ...READING, region: 'x', price: 2, count: 9 }, ON_TIME);
    expect(found?.quarantine).toEqual({
      reason: 'range',
      message: 'region is "x", not one of "nsw"; price is 2, above its maximum 1; count is 9, above its maximum 5.',
    });
    expect(found?.flags).toEqual(['region.set']);
  });

  it('lets a flagged event pass', () => {
    const found = compileExpectations(definition).check({ ...READING, region: 'x' }, ON_TIME);
    expect(found).toMatchObject({ quarantine: null, flags: ['region.set'] });
  });
});

describe('imputation', () => {
  const definition = given(
    { name: 'cheap', kind: 'rule', expression: 'event.price < 0.5' },
    { name: 'price.range', kind: 'range', field: 'price', min: 0, max: 1, on: 'impute', imputeWith: 0.1 },
    { name: 'demand.notNull', kind: 'notNull', field: 'demand', on: 'impute', imputeWith: 0.2 },
  );
  const { check: judge } = compileExpectations(definition);

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'puts the value in place of %p before anything else looks',
    (price) => {
      const event = Object.freeze({ ...READING, price });
      const found = judge(event, ON_TIME);
      expect(found).toMatchObject({ quarantine: null, flags: ['price.range'] });
      expect(found?.event).toEqual({ ...READING, price: 0.1 });
      expect(event.price).toBe(price);
    },
  );

  it('mends several fields at once', () => {
    const found = judge({ ...READING, price: 7, demand: null }, ON_TIME);
    expect(found?.event).toEqual({ ...READING, price: 0.1, demand: 0.2 });
    expect(found?.flags).toEqual(['price.range', 'demand.notNull']);
  });

  it('leaves the very event when nothing was imputed', () => {
    const event = { ...READING, price: 0.7 };
    expect(judge(event, ON_TIME)?.event).toBe(event);
  });
});

describe('checkEvent', () => {
  it('leaves out what needs a stream, and nothing else', () => {
    const { checkEvent } = compileExpectations(
      given(
        { name: 'a', kind: 'timeliness', field: 'at', maxLatenessMs: 1, maxAheadMs: 1 },
        { name: 'b', kind: 'outlier', field: 'price', method: 'mad', threshold: 1, window: 8, minRows: 4 },
        { name: 'c', kind: 'range', field: 'price', max: 1 },
      ),
    );
    expect(checkEvent(READING)).toBeNull();
    expect(checkEvent({ ...READING, price: 2 })?.quarantine?.reason).toBe('range');
    expect(checkEvent({ ...READING, price: Number.NaN })?.quarantine?.reason).toBe('not_finite');
  });
});
