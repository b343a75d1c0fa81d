import fc from 'fast-check';
import type { AvroRecordSchema } from '#contracts';
import { compileJsonEvent, eventJsonSchema } from './index.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

const SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'micros', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
    { name: 'raw', type: 'bytes' },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 2 } },
    { name: 'float', type: 'float' },
    { name: 'either', type: ['null', 'double', 'string', { type: 'array', items: 'int' }] },
    { name: 'alike', type: ['null', 'int', 'double'], default: null },
    { name: 'parts', type: { type: 'array', items: ['null', 'Order'] }, default: [] },
    { name: 'counts', type: { type: 'map', values: 'long' }, default: {} },
  ],
};
const convert = compileJsonEvent(SCHEMA);
const NAMES = SCHEMA.fields.map(({ name }) => name);

const right = fc.record({
  id: fc.string(),
  at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.getTime()),
  micros: fc.nat(),
  day: fc.integer({ min: -100_000, max: 100_000 }),
  kind: fc.constantFrom('A', 'B'),
  raw: fc.base64String(),
  hash: fc.constant('AAA='),
  float: fc.float({ noNaN: true, noDefaultInfinity: true }),
  either: fc.oneof(
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string(),
    fc.array(fc.integer()),
  ),
});
const key = fc.oneof(fc.constantFrom(...NAMES, '__proto__', 'constructor', 'toString', '', 'a/b~c'), fc.string());
const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(1e308, -0, 2 ** 53, '2026-02-30', '2026-01-31T12:00:00Z', '\ud800', 'AA=A'),
);

/** Follows an RFC 6901 pointer. @returns whether all but its last step are there */
function leads(pointer: string, json: unknown): boolean {
  if (pointer === '') return true;
  expect(pointer.startsWith('/')).toBe(true);
  const steps = pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let at: unknown = json;
  for (const step of steps.slice(0, -1)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false;
    at = (at as Record<string, unknown>)[step];
  }
  return typeof at === 'object' && at !== null;
}

describe('a JSON event', () => {
  it('that fits is an event', () => {
    fc.assert(
      fc.property(right, (json) => void expect(convert(json)).toMatchObject({ ok: true })),
      { numRuns: 2 * RUNS },
    );
  });

  it('of any kind is an event or errors that point into it', () => {
    const changed = fc.tuple(right, fc.array(fc.tuple(key, odd), { maxLength: 4 })).map(([json, changes]) => {
      // As JSON.parse does: every key is a key, also __proto__.
      return JSON.parse(JSON.stringify(Object.fromEntries([...Object.entries(json), ...changes]))) as unknown;
    });
    fc.assert(
      fc.property(fc.oneof(odd, changed), (json) => {
        const before = JSON.stringify(json);
        const result = convert(json);
        expect(JSON.stringify(json)).toBe(before);
        if (result.ok) {
          expect(Object.keys(result.event)).toEqual(NAMES);
          return;
        }
        expect(result.errors.length).toBeGreaterThan(0);
        for (const { pointer, message } of result.errors) {
          expect(leads(pointer, json)).toBe(true);
          expect(message).not.toMatch(/\[object|undefined/);
        }
      }),
      { numRuns: 10 * RUNS },
    );
  });

  it('that lacks a field or has one too many has an error for each', () => {
    const extra = fc.uniqueArray(
      fc.string({ minLength: 1 }).filter((name) => !NAMES.includes(name)),
      { maxLength: 4 },
    );
    const needed = ['id', 'at', 'micros', 'day', 'kind', 'raw', 'hash', 'float'] as const;
    fc.assert(
      fc.property(right, fc.subarray([...needed]), extra, (json, missing, unknown) => {
        const kept = Object.entries(json).filter(([name]) => !missing.includes(name as never));
        const result = convert(Object.fromEntries([...kept, ...unknown.map((name) => [name, 1])]));
        const reasons = result.ok ? [] : result.errors.map(({ reason }) => reason);
        expect(reasons.filter((reason) => reason === 'missing_field')).toHaveLength(missing.length);
        expect(reasons.filter((reason) => reason === 'unknown_field')).toHaveLength(unknown.length);
        expect(reasons).toHaveLength(missing.length + unknown.length);
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it('as deep as the stack is refused, not followed', () => {
    const deep = `${'{"parts":['.repeat(5_000)}${']}'.repeat(5_000)}`;
    expect(convert(JSON.parse(deep))).toMatchObject({ ok: false });
    const nested = { items: JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown };
    expect(convert(nested)).toMatchObject({ ok: false });
  });
});

describe('the JSON Schema of any event schema', () => {
  it('is JSON', () => {
    expect(JSON.parse(JSON.stringify(eventJsonSchema(SCHEMA)))).toMatchObject({
      type: 'object',
      required: expect.any(Array),
    });
  });
});
