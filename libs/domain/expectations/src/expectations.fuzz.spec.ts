import fc from 'fast-check';
import type { AvroRecordSchema, Expectation } from '#contracts';
import { compileIdentity } from '#domain/event-schema';
import { compileFeatures, FeatureFailure } from '#domain/features';
import { compileExpectations, OutlierReference } from './index.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

const SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'Event',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: 'double' },
    { name: 'limit', type: ['null', 'double'] },
    { name: 'text', type: ['null', 'string'] },
  ],
};
const EVENT = { schema: SCHEMA, id: 'id', key: 'id', time: 'at' };

const on = fc.constantFrom('quarantine' as const, 'flag' as const);
const bound = fc.option(fc.double({ noNaN: true }), { nil: undefined });
const expectation = fc.oneof(
  fc.record({ kind: fc.constant('notNull' as const), field: fc.constantFrom('limit', 'text'), on }),
  fc.record({ kind: fc.constant('range' as const), field: fc.constantFrom('price', 'limit'), on, min: bound, max: bound }),
  fc.record({ kind: fc.constant('range' as const), field: fc.constant('price'), on: fc.constant('impute' as const), imputeWith: fc.constant(0), min: bound }),
  fc.record({ kind: fc.constant('set' as const), field: fc.constant('text'), on, values: fc.array(fc.string()) }),
  fc.record({ kind: fc.constant('pattern' as const), field: fc.constant('text'), on, pattern: fc.constantFrom('^(a+)+$', '\\d', 'é$') }),
  fc.record({ kind: fc.constant('length' as const), field: fc.constant('text'), on, min: fc.nat(4), max: fc.integer({ min: 4, max: 9 }) }),
  fc.record({ kind: fc.constant('timeliness' as const), field: fc.constant('at'), on, maxLatenessMs: fc.nat(), maxAheadMs: fc.nat() }),
  fc.record({ kind: fc.constant('rule' as const), on, expression: fc.constantFrom('event.price > 0.0', 'event.limit > 1.0', 'event.text == "a"') }),
  fc.record({ kind: fc.constant('outlier' as const), field: fc.constant('price'), on, method: fc.constant('mad' as const), threshold: fc.double({ min: 0.1, max: 9, noNaN: true }), window: fc.constant(8), minRows: fc.constant(4) }),
); // prettier-ignore
const expectations = fc
  .array(expectation, { maxLength: 6 })
  .map((all) => all.map((it, at) => ({ name: `check_${at}`, ...it }) as Expectation));

const event = fc.record({
  id: fc.string(),
  at: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.double()),
  price: fc.double(),
  limit: fc.option(fc.double()),
  text: fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'))),
});
const context = fc.record({
  watermarkMs: fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), fc.integer({ min: 0, max: 4e12 })),
  recordTimestampMs: fc.integer({ min: 0, max: 4e12 }),
});

describe('expectations over any event', () => {
  it('accept it or name each violation with a reason, and never change it', () => {
    fc.assert(
      fc.property(expectations, fc.array(event, { minLength: 1, maxLength: 12 }), context, (all, events, times) => {
        const definition = { event: EVENT, expectations: all };
        const compiled = compileExpectations(definition);
        const outliers = OutlierReference.empty(definition);
        const names = new Set(all.map(({ name }) => name));
        for (const it of events) {
          const before = { ...it };
          const violations = compiled.check(it, { ...times, outliers });
          expect(it).toEqual(before);
          if (violations?.quarantine) expect(violations.quarantine.message).not.toBe('');
          else outliers.accept(violations?.event ?? it);
          for (const flag of violations?.flags ?? []) expect(names.has(flag)).toBe(true);
          for (const { sentence } of violations?.all ?? []) expect(sentence).not.toMatch(/undefined|\[object/);
          // What is passed on has a time that is one, and numbers that are.
          if (!violations?.quarantine) {
            const passed = violations?.event ?? it;
            expect(Number.isFinite(compileIdentity(EVENT).timeMsOf(passed))).toBe(true);
            expect(Number.isFinite(passed['price'])).toBe(true);
          }
          // Alone, an event is never refused for what the stream would not refuse it for.
          if (violations === null) expect(compiled.checkEvent(it)).toBeNull();
        }
      }),
      { numRuns: 5 * RUNS },
    );
  });
});

describe('features of any event', () => {
  const features = compileFeatures({
    event: { schema: SCHEMA },
    features: [
      { kind: 'field', name: 'price', type: 'number', field: 'price' },
      { kind: 'field', name: 'text', type: 'string', field: 'text' },
      { kind: 'cel', name: 'ratio', type: 'number', expression: 'event.price / event.limit' },
      { kind: 'cel', name: 'hour', type: 'number', expression: 'event.at.getHours()' },
    ],
  });

  it('are a row of finite numbers, texts and nulls, or a failure that names one of them', () => {
    fc.assert(
      fc.property(
        fc.oneof(event, fc.dictionary(fc.constantFrom('price', 'text', 'limit', 'at'), fc.anything())),
        (it) => {
          const row = features(it);
          if (row instanceof FeatureFailure) {
            expect(['price', 'text', 'ratio', 'hour']).toContain(row.feature);
            return;
          }
          expect(row).toHaveLength(4);
          for (const value of row)
            expect(value === null || typeof value === 'string' || Number.isFinite(value)).toBe(true);
        },
      ),
      { numRuns: 5 * RUNS },
    );
  });
});
