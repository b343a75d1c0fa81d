import type { AvroRecordSchema, Feature } from '#contracts';
import { compileFeatures, FeatureFailure, featureRecordOf } from './index.js';

const schema: AvroRecordSchema = {
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'amount', type: ['null', 'double'] },
    { name: 'chip', type: 'boolean' },
    { name: 'hour', type: 'int' },
    { name: 'country', type: ['null', 'string'] },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
};
const payment = { amount: 12.5, chip: true, hour: 6, country: 'DE', at: 1_000 };
const field = (name: string, type: Feature['type'] = 'number'): Feature => ({ kind: 'field', name, field: name, type });
const cel = (name: string, expression: string, type: Feature['type'] = 'number'): Feature => {
  return { kind: 'cel', name, expression, type };
};
const compute = (features: readonly Feature[], event: Record<string, unknown> = payment) =>
  compileFeatures({ event: { schema }, features })(event);

describe('compileFeatures', () => {
  it('gives fields and expressions in the order of the pipeline', () => {
    const features = [
      field('hour'),
      field('country', 'string'),
      cel('hour_sin', 'math.sin(2.0 * math.pi * event.hour / 24.0)'),
      field('amount'),
    ];
    expect(compute(features)).toEqual([6, 'DE', 1, 12.5]);
  });

  it('serves truth values as 0 and 1', () => {
    expect(compute([field('chip'), cel('night', 'event.hour < 6')])).toEqual([1, 0]);
  });

  it('serves a missing value as null', () => {
    const event = { ...payment, amount: null, country: undefined };
    expect(compute([field('amount'), field('country', 'string')], event)).toEqual([null, null]);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %p and names the feature', (amount) => {
    const failure = compute([field('amount')], { ...payment, amount });
    expect(failure).toEqual(
      new FeatureFailure('amount', `feature amount: field amount gave ${amount}, expected a finite number`),
    );
  });

  it('refuses a result that is not finite', () => {
    expect(compute([cel('inverse', '1.0 / (event.hour - 6.0)')])).toEqual(
      new FeatureFailure(
        'inverse',
        'feature inverse: `1.0 / (event.hour - 6.0)` gave Infinity, expected a finite number',
      ),
    );
  });

  it('turns an expression that cannot be evaluated for this event into a failure', () => {
    const failure = compute([cel('double_amount', 'event.amount * 2.0')], { ...payment, amount: null });
    expect(failure).toBeInstanceOf(FeatureFailure);
    expect(failure).toMatchObject({
      feature: 'double_amount',
      message: expect.stringMatching(/^feature double_amount: `event\.amount \* 2\.0` could not be evaluated: ./),
    });
  });

  it('refuses a value of the other type', () => {
    expect(compute([cel('where', 'event.country')])).toEqual(
      new FeatureFailure('where', 'feature where: `event.country` gave a string, expected a number'),
    );
    expect(compute([field('hour', 'string')])).toEqual(
      new FeatureFailure('hour', 'feature hour: field hour gave a number, expected a string'),
    );
  });

  it('lists every expression that does not compile', () => {
    const features = [cel('a', 'event.nope'), cel('b', '1 +')];
    expect(() => compute(features)).toThrow(/a: .*event\.nope[^]*b: .*1 \+/);
  });

  it('gives what is off as missing, and does not compute it', () => {
    const features = [field('hour', 'number'), cel('a', 'event.nope')];
    expect(compileFeatures({ event: { schema }, features }, new Set(['a']))({ hour: 3 })).toEqual([3, null]);
  });
});

describe('featureRecordOf', () => {
  it('names the values in order', () => {
    expect(Object.entries(featureRecordOf(['b', 'a'], [1, null]))).toEqual([
      ['b', 1],
      ['a', null],
    ]);
  });
});
