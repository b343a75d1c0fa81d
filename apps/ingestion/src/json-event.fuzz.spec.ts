import fc from 'fast-check';
import type { AvroRecordSchema } from '#contracts';
import { compileJsonEvent } from '#domain/json-events';
import { AvroCodecs, type SchemaRegistryClient } from '#platform/avro';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

describe('an event that is taken', () => {
  const SCHEMA: AvroRecordSchema = {
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'amount', type: ['null', 'double', 'string'], default: null },
      { name: 'alike', type: ['null', 'int', 'double'], default: null },
      {
        name: 'lines',
        type: { type: 'array', items: { type: 'record', name: 'Line', fields: [{ name: 'n', type: 'int' }] } },
      },
      { name: 'counts', type: { type: 'map', values: 'long' } },
      { name: 'raw', type: 'bytes' },
    ],
  };
  const long = fc.integer({ min: 1 - Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER - 1 });
  const order = fc.record({
    id: fc.string({ unit: 'grapheme' }),
    at: long,
    amount: fc.oneof(fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string()),
    alike: fc.oneof(
      fc.constant(null),
      fc.integer().map((int) => ({ int })),
      fc.integer().map((double) => ({ double })),
    ),
    lines: fc.array(fc.record({ n: fc.integer() })),
    counts: fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.constant('__proto__')), long))
      .map((all) => Object.fromEntries(all) as Record<string, number>),
    raw: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
  });

  it('is the same JSON again when it is read from the topic', async () => {
    const codecs = new AvroCodecs({ getSchema: async () => SCHEMA } as unknown as SchemaRegistryClient);
    const convert = compileJsonEvent(SCHEMA, { bytesFrom: (bytes) => Buffer.from(bytes) });
    const [encode, decoder] = [codecs.encoderFor(SCHEMA, 1), codecs.decoderFor(SCHEMA)];
    await fc.assert(
      fc.asyncProperty(order, async (it) => {
        const json = JSON.parse(JSON.stringify(it)) as typeof it;
        const converted = convert(json);
        if (!converted.ok) throw new Error(JSON.stringify(converted.errors));
        const value = encode(converted.event);
        await decoder.prefetch([value]);
        const decoded = decoder.decode(value);
        if (!decoded.ok) throw new Error(decoded.message);
        const event = decoded.value as Record<string, unknown>;
        const again = { ...event, raw: (event['raw'] as Buffer).toString('base64') };
        expect(Object.entries(JSON.parse(JSON.stringify(again)) as object)).toEqual(Object.entries(json));
      }),
      { numRuns: 5 * RUNS },
    );
  });
});
