import fc from 'fast-check';
import { HEADER } from '#contracts';
import { byTopic, sizeOf } from './outbound-message.js';
import { addDropped, decodeOffsetMetadata, encodeOffsetMetadata } from './offset-metadata.js';
import { packSends } from './pack-sends.js';
import { quarantineRecord } from './quarantine-record.js';
import { headersOf } from './record-headers.js';
import { splitByBytes } from './split-by-bytes.js';
import { formatTraceparent, parseTraceparent } from './stage-tracing.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const metadata = fc.record(
  {
    checkpoint: fc.jsonValue(),
    dropped: fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), count, { noNullPrototype: true }),
    pending: fc.oneof(fc.constant(null), fc.tuple(count, count)),
  },
  { noNullPrototype: true },
);

describe('offset metadata', () => {
  it('comes back as it was written, or is refused for its size', () => {
    fc.assert(
      fc.property(metadata, (it) => {
        // JSON has one zero.
        const expected = JSON.parse(JSON.stringify(it)) as typeof it;
        let text: string;
        try {
          text = encodeOffsetMetadata(it);
        } catch (error) {
          expect((error as Error).message).toContain('does not fit into offset metadata');
          expect(Buffer.byteLength(JSON.stringify(it))).toBeGreaterThan(3_900);
          return;
        }
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
        expect(decodeOffsetMetadata(text)).toEqual(expected);
      }),
      { numRuns: 10 * RUNS },
    );
  });

  it('is read from any text whatever, and is whole and of its types then', () => {
    const text = fc.oneof(
      fc.constant(null),
      fc.string(),
      fc.json(),
      fc.tuple(fc.jsonValue(), fc.jsonValue(), fc.jsonValue()).map(([checkpoint, dropped, pending]) => {
        return JSON.stringify({ v: 1, checkpoint, dropped, pending });
      }),
      fc.tuple(metadata, fc.nat()).map(([it, cut]) => JSON.stringify({ v: 1, ...it }).slice(0, cut % 200)),
    );
    fc.assert(
      fc.property(text, (it) => {
        const { dropped, pending } = decodeOffsetMetadata(it);
        for (const [, sum] of Object.entries(dropped)) expect(typeof sum).toBe('number');
        expect(Array.isArray(dropped)).toBe(false);
        if (pending !== null) expect(pending.map((at) => Number.isSafeInteger(at))).toEqual([true, true]);
        expect(addDropped(dropped, new Map([['duplicate', 2]]))['duplicate']).toBe((dropped['duplicate'] ?? 0) + 2);
      }),
      { numRuns: 10 * RUNS },
    );
  });
});

const headerName = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', 'toString', '0', ...Object.values(HEADER)),
);
const headerValue = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) },
  // As other clients send it, and kafkajs hands it over.
  { weight: 1, arbitrary: fc.constant(null) },
);
const fetchedHeaders = fc
  .array(fc.tuple(headerName, fc.oneof(headerValue, fc.array(headerValue, { minLength: 2, maxLength: 3 }))), {
    maxLength: 6,
  })
  .map((entries) => Object.fromEntries(entries) as unknown as Record<string, Buffer | Buffer[]>);

const bytes = fc.uint8Array({ maxLength: 30 }).map((it) => Buffer.from(it));
const fetched = fc.record({
  offset: fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String),
  timestamp: fc.bigInt({ min: -1n, max: 2n ** 62n }).map(String),
  key: fc.oneof(fc.constant(null), bytes),
  value: fc.oneof(fc.constant(null), bytes),
  headers: fetchedHeaders,
});

describe('headers', () => {
  it('have one value each, and those that are there are bytes', () => {
    fc.assert(
      fc.property(fetchedHeaders, (headers) => {
        const single = headersOf(headers);
        for (const name in single) expect(Buffer.isBuffer(single[name])).toBe(true);
        for (const [name, value] of Object.entries(headers)) {
          const last = Array.isArray(value) ? value.at(-1) : value;
          expect(Object.hasOwn(single, name) ? single[name] : null).toEqual(last);
        }
      }),
      { numRuns: 5 * RUNS },
    );
  });
});

describe('a quarantine record', () => {
  it('has the bytes of the original and its place, and can be sent', () => {
    fc.assert(
      fc.property(fetched, fc.string(), fc.integer({ min: 0, max: 8.64e15 }), (original, message, atMs) => {
        const facts = { pipeline: 'p', stage: 'validation', topic: 'p.events', partition: 3, reason: 'range' };
        const record = quarantineRecord(original, { ...facts, message, atMs });
        expect([record.key, record.value, record.partition]).toEqual([original.key, original.value, 3]);
        expect(record.headers).toMatchObject({
          [HEADER.quarantineStage]: 'validation',
          [HEADER.quarantineTopic]: 'p.events',
          [HEADER.quarantineOffset]: original.offset,
          [HEADER.quarantineMessage]: message,
        });
        for (const name in record.headers) expect(['string', 'object']).toContain(typeof record.headers[name]);
        expect(Number.isSafeInteger(sizeOf(record))).toBe(true);
        expect(byTopic([record])[0]!.messages).toHaveLength(1);
      }),
      { numRuns: 5 * RUNS },
    );
  });
});

describe('a list cut by bytes', () => {
  it('is the same list, in parts that hold to both limits', () => {
    const sizes = fc.array(fc.nat({ max: 50 }), { maxLength: 200 });
    const limit = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(sizes, limit, limit, (items, maxBytes, maxItems) => {
        const parts = splitByBytes(items, (size) => size, maxBytes, maxItems);
        expect(parts.flat()).toEqual(items);
        for (const part of parts) {
          expect(part.length).toBeGreaterThan(0);
          expect(part.length).toBeLessThanOrEqual(maxItems);
          if (part.length > 1) expect(part.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(maxBytes);
        }
      }),
      { numRuns: 2 * RUNS },
    );
  });
});

describe('messages packed into sends', () => {
  const message = fc.record({
    topic: fc.constantFrom('a', 'b', 'c'),
    key: fc.constant('k'),
    value: fc.oneof(fc.nat({ max: 600 }), fc.nat({ max: 400_000 })).map((size) => Buffer.alloc(size)),
  });
  const limits = fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ min: 200, max: 2_000_000 }));

  it('all go, in their order, and none is sent with others beyond the limit of its topic', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), limits, (messages, limitOf) => {
        const sends = packSends(messages, new Map(Object.entries(limitOf)));
        expect(sends.flat()).toEqual(messages.map((_, at) => at));
        for (const send of sends) {
          for (const topic of ['a', 'b', 'c']) {
            const own = send.map((at) => messages[at]!).filter((it) => it.topic === topic);
            const total = own.reduce((sum, it) => sum + sizeOf(it), 0);
            if (own.length > 1) expect(total).toBeLessThanOrEqual(limitOf[topic] ?? Number.POSITIVE_INFINITY);
          }
        }
      }),
      { numRuns: 2 * RUNS },
    );
  });
});

describe('a traceparent', () => {
  it('of any bytes is read or is none, and what was read is written as it came', () => {
    const hex = (length: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
    const wellFormed = fc.tuple(hex(32), hex(16), hex(2)).map(([trace, span, flags]) => `00-${trace}-${span}-${flags}`);
    const header = fc.oneof(
      fc.constant(undefined),
      fc.uint8Array({ maxLength: 60 }).map((it) => Buffer.from(it)),
      wellFormed.map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(header, (it) => {
        const parsed = parseTraceparent(it);
        if (parsed !== undefined) expect(formatTraceparent(parsed)).toBe(it!.toString());
      }),
      { numRuns: 5 * RUNS },
    );
  });
});
