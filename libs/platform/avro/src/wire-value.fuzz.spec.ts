import fc from 'fast-check';
import { QUARANTINE_REASONS, type AvroRecordSchema, type AvroSchema } from '#contracts';
import { anyRecordSchema, anyValueOf, plain } from '../test/any-avro.js';
import { AvroCodecs } from './avro-codecs.js';
import type { SchemaRegistryClient } from './schema-registry-client.js';
import { SchemaRegistryError } from './schema-registry-error.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;
const ID = 7;

/** The registry that knows one schema, without a wire. */
function codecsFor(writer: AvroRecordSchema): AvroCodecs {
  return new AvroCodecs({
    getSchema: async (id: number) => {
      if (id === ID) return writer;
      throw new SchemaRegistryError(404, 40403, 'Schema not found');
    },
  } as unknown as SchemaRegistryClient);
}

async function decode(writer: AvroRecordSchema, reader: AvroRecordSchema, value: Buffer | null) {
  const decoder = codecsFor(writer).decoderFor(reader);
  await decoder.prefetch([value]);
  return decoder.decode(value);
}

const encoded = (schema: AvroRecordSchema, value: unknown): Buffer => codecsFor(schema).encoderFor(schema, ID)(value);

const schemaAndValue = anyRecordSchema.chain((schema) =>
  anyValueOf(schema as unknown as AvroSchema).map((value) => ({ schema, value })),
);

/** The same schema without some of its fields, at the top. */
function without(schema: AvroRecordSchema, left: readonly boolean[]): AvroRecordSchema {
  const fields = schema.fields.filter((_, at) => left[at] !== false);
  return { ...schema, fields: fields.length === 0 ? schema.fields : fields };
}

describe('a value of any schema', () => {
  it('comes back as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(schemaAndValue, async ({ schema, value }) => {
        const decoded = await decode(schema, schema, encoded(schema, value));
        expect(decoded).toMatchObject({ ok: true, schemaId: ID });
        expect(plain(decoded.ok && decoded.value)).toEqual(plain(value));
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it('loses what a reader leaves out and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(schemaAndValue, fc.array(fc.boolean()), async ({ schema, value }, left) => {
        const reader = without(schema, left);
        const decoded = await decode(schema, reader, encoded(schema, value));
        const all = value as Record<string, unknown>;
        const kept = Object.fromEntries(reader.fields.map(({ name }) => [name, all[name]]));
        expect(plain(decoded.ok && decoded.value)).toEqual(plain(kept));
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it('has the default of a field that its writer did not know, wherever the reader puts it', async () => {
    const added = { name: 'added', type: ['null', 'string'], default: null } as AvroRecordSchema['fields'][number];
    await fc.assert(
      fc.asyncProperty(schemaAndValue, fc.nat(), async ({ schema, value }, at) => {
        const fields = schema.fields.toSpliced(at % (schema.fields.length + 1), 0, added);
        const decoded = await decode(schema, { ...schema, fields }, encoded(schema, value));
        const all = { ...(value as Record<string, unknown>), added: null };
        const expected = fields.map(({ name }) => [name, all[name as keyof typeof all]]);
        expect(plain(decoded.ok && decoded.value)).toEqual(plain(Object.fromEntries(expected)));
      }),
      { numRuns: RUNS },
    );
  });

  it('is never taken for whole when it was cut, or when something follows', async () => {
    await fc.assert(
      fc.asyncProperty(
        schemaAndValue,
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 9 }),
        async (it, cut, more) => {
          const value = encoded(it.schema, it.value);
          // A record of empty records takes no bytes at all.
          if (value.length > 5) {
            const part = await decode(it.schema, it.schema, value.subarray(0, 5 + (cut % (value.length - 5))));
            expect(part).toMatchObject({ ok: false, reason: 'truncated' });
          }
          const longer = await decode(it.schema, it.schema, Buffer.concat([value, more]));
          expect(longer).toMatchObject({ ok: false, reason: 'truncated' });
        },
      ),
      { numRuns: 2 * RUNS },
    );
  });

  it('decodes or gets a reason when bits of it flip', async () => {
    await fc.assert(
      fc.asyncProperty(schemaAndValue, fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), async (it, flips) => {
        const value = Buffer.from(encoded(it.schema, it.value));
        for (const flip of flips) value[Math.floor(flip / 8) % value.length]! ^= 1 << (flip % 8);
        const decoded = await decode(it.schema, it.schema, value);
        if (!decoded.ok) expect(QUARANTINE_REASONS).toHaveProperty(decoded.reason);
      }),
      { numRuns: 3 * RUNS },
    );
  });
});

describe('any bytes under any schema', () => {
  it('decode or get a reason, and what decodes can be written again', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecordSchema, fc.uint8Array({ maxLength: 400 }), async (schema, bytes) => {
        const value = Buffer.concat([Buffer.from([0, 0, 0, 0, ID]), bytes]);
        const decoded = await decode(schema, schema, value);
        if (!decoded.ok) {
          expect(QUARANTINE_REASONS).toHaveProperty(decoded.reason);
          return;
        }
        const again = await decode(schema, schema, encoded(schema, decoded.value));
        expect(plain(again.ok && again.value)).toEqual(plain(decoded.value));
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it('read as another schema they decode or get a reason', async () => {
    await fc.assert(
      fc.asyncProperty(schemaAndValue, anyRecordSchema, async ({ schema, value }, reader) => {
        const decoded = await decode(schema, reader, encoded(schema, value));
        if (!decoded.ok) expect(QUARANTINE_REASONS).toHaveProperty(decoded.reason);
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it('get a reason also when they are no wire format at all', async () => {
    const schema: AvroRecordSchema = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'string' }] };
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 40 })), async (bytes) => {
        const decoded = await decode(schema, schema, bytes === null ? null : Buffer.from(bytes));
        if (!decoded.ok) expect(QUARANTINE_REASONS).toHaveProperty(decoded.reason);
      }),
      { numRuns: 5 * RUNS },
    );
  });
});

/** A zigzag varint of 64 bits. */
function long(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

describe('lengths and counts that promise more than there is', () => {
  const items: AvroRecordSchema['fields'][number]['type'][] = [
    'string',
    'bytes',
    'int',
    'null',
    { type: 'map', values: 'null' },
  ];
  const hostile = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.integer({ min: 20, max: 63 }).chain((bit) => fc.constantFrom(2n ** BigInt(bit) - 1n, -(2n ** BigInt(bit)))),
  );

  it('are refused without taking the memory or the time that they promise', async () => {
    const before = process.memoryUsage().heapTotal + process.memoryUsage().arrayBuffers;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('array', 'map', 'string', 'bytes'),
        fc.constantFrom(...items),
        hostile,
        fc.uint8Array({ maxLength: 60 }),
        fc.boolean(),
        async (kind, item, count, rest, skipped) => {
          const type =
            kind === 'array' ? { type: 'array', items: item } : kind === 'map' ? { type: 'map', values: item } : kind;
          const fields = [
            { name: 'a', type },
            { name: 'b', type: 'int' },
          ] as unknown as AvroRecordSchema['fields'];
          const writer: AvroRecordSchema = { type: 'record', name: 'R', fields };
          const value = Buffer.concat([Buffer.from([0, 0, 0, 0, ID]), long(count), rest]);
          const decoded = await decode(writer, skipped ? { ...writer, fields: fields.slice(1) } : writer, value);
          if (!decoded.ok) expect(QUARANTINE_REASONS).toHaveProperty(decoded.reason);
          else expect(Math.abs(Number(count))).toBeLessThanOrEqual(rest.length);
        },
      ),
      { numRuns: 5 * RUNS },
    );
    const after = process.memoryUsage().heapTotal + process.memoryUsage().arrayBuffers;
    expect((after - before) / 2 ** 20).toBeLessThan(256);
  });

  it('also where items take no bytes, level upon level', async () => {
    const schema: AvroRecordSchema = {
      type: 'record',
      name: 'R',
      fields: [
        {
          name: 'a',
          type: { type: 'array', items: { type: 'record', name: 'Empty', fields: [{ name: 'n', type: 'null' }] } },
        },
      ],
    };
    // Each block says as many items as there are bytes left, and takes two bytes itself.
    const blocks = Buffer.concat(Array.from({ length: 20_000 }, () => long(8_000n)));
    const value = Buffer.concat([Buffer.from([0, 0, 0, 0, ID]), blocks]);
    const decoded = await decode(schema, schema, value);
    expect(decoded).toMatchObject({ ok: false, reason: 'truncated' });
  });
});
