import fc from 'fast-check';
import { QUARANTINE_REASONS, type AvroRecordSchema } from '#contracts';
import { AvroCodecs } from './avro-codecs.js';
import type { SchemaRegistryClient } from './schema-registry-client.js';
import { SchemaRegistryError } from './schema-registry-error.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

const WRITER: AvroRecordSchema = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'extra', type: { type: 'array', items: { type: 'map', values: 'bytes' } } },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 4 } },
    { name: 'amount', type: ['null', 'double', 'string'] },
    { name: 'parts', type: { type: 'array', items: ['null', 'Order'] } },
    { name: 'counts', type: { type: 'map', values: 'long' } },
    { name: 'ok', type: 'boolean' },
  ],
};
/** Leaves `extra` and `counts` out, so that decoding also skips. */
const READER: AvroRecordSchema = {
  ...WRITER,
  fields: WRITER.fields.filter(({ name }) => name !== 'extra' && name !== 'counts'),
};

/** The registry that knows one schema, without a wire. */
const registry = {
  async getSchema(id: number) {
    if (id === 1) return WRITER;
    throw new SchemaRegistryError(404, 40403, 'Schema not found');
  },
} as unknown as SchemaRegistryClient;

const anOrder: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{ order: Record<string, unknown> }>((tie) => ({
  order: fc.record({
    id: fc.string({ unit: 'binary' }),
    at: fc.integer({ min: -8.64e15, max: 8.64e15 }),
    extra: fc.array(
      fc.dictionary(
        fc.string(),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 3 },
    ),
    kind: fc.constantFrom('A', 'B'),
    hash: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    amount: fc.oneof(fc.constant(null), fc.double(), fc.string()),
    parts: fc.oneof(
      { depthSize: 'small' },
      fc.constant([]),
      fc.array(fc.oneof(fc.constant(null), tie('order')), { maxLength: 2 }),
    ),
    counts: fc.dictionary(fc.string(), fc.integer()),
    ok: fc.boolean(),
  }),
})).order;

describe('a value of a recursive schema', () => {
  const codecs = new AvroCodecs(registry);
  const encode = codecs.encoderFor(WRITER, 1);
  const decoders = [codecs.decoderFor(WRITER), codecs.decoderFor(READER)];

  const decodeAll = async (value: Buffer) => {
    for (const decoder of decoders) await decoder.prefetch([value]);
    return decoders.map((decoder) => decoder.decode(value));
  };

  it('gives back what was encoded, whole and as another reader', async () => {
    await fc.assert(
      fc.asyncProperty(anOrder, async (order) => {
        const [whole, part] = await decodeAll(encode(order));
        expect(plain(whole!.ok && whole!.value)).toEqual(plain(order));
        expect(plain(part!.ok && part!.value)).toEqual(withoutSkipped(plain(order) as Record<string, unknown>));
      }),
      { numRuns: 3 * RUNS },
    );
  });

  it('answers with a value or a reason, and never throws, whatever becomes of the bytes', async () => {
    const mutation = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }),
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
      fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), bytes: fc.uint8Array({ maxLength: 12 }) }),
    );
    await fc.assert(
      fc.asyncProperty(anOrder, fc.array(mutation, { minLength: 1, maxLength: 4 }), async (order, mutations) => {
        const mutant = mutations.reduce((value: Buffer, change) => {
          const at = change.at % (value.length + 1);
          if (change.kind === 'cut') return value.subarray(0, at);
          if (change.kind === 'insert') return Buffer.concat([value.subarray(0, at), change.bytes, value.subarray(at)]);
          const copy = Buffer.from(value);
          if (at < copy.length) copy[at] = change.byte;
          return copy;
        }, encode(order));
        for (const decoded of await decodeAll(mutant)) {
          if (!decoded.ok) expect(Object.keys(QUARANTINE_REASONS)).toContain(decoded.reason);
          else expect(decoded.value).toBeInstanceOf(Object);
        }
      }),
      { numRuns: 10 * RUNS },
    );
  });

  it('answers to arbitrary bytes behind a good header', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const decoded = await decodeAll(Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), bytes]));
        for (const { ok } of decoded) expect(typeof ok).toBe('boolean');
      }),
      { numRuns: 10 * RUNS },
    );
  });

  it('answers to records nested deeper than the stack', async () => {
    // id "", at 0, extra [], kind A, hash, amount null, parts: one item of branch 1, which is again …
    const level = Buffer.from([0, 0, 0, 0, 1, 2, 3, 4, 0, 2, 2]);
    const bomb = Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), ...Array.from({ length: 90_000 }, () => level)]);
    for (const decoded of await decodeAll(bomb)) expect(decoded).toMatchObject({ ok: false, reason: 'truncated' });
  });
});

/** Instances of avsc's generated classes as plain objects, NaN as itself. */
function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? value.toWellFormed() : value === 0 ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), plain(item)]));
}

function withoutSkipped({ extra: _extra, counts: _counts, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const parts = rest['parts'] as (Record<string, unknown> | null)[];
  return { ...rest, parts: parts.map((part) => part && withoutSkipped(part)) };
}
