import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AvroRecordSchema, AvroSchema } from '#contracts';
import { AvroCodecs } from './avro-codecs.js';
import { InvalidAvroValue } from './avro-value-encoder.js';
import { SchemaRegistryClient } from './schema-registry-client.js';

const READING: AvroRecordSchema = {
  type: 'record',
  name: 'Reading',
  namespace: 'weather',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'celsius', type: ['null', 'double'], default: null },
    { name: 'tags', type: { type: 'array', items: 'string' }, default: [] },
  ],
};

const A_READING = { id: 'a', at: 1_700_000_000_000, celsius: 21.5, tags: ['x', 'y'] };

/** Answers `GET /schemas/ids/{id}` from a map, and counts. */
class SchemasById {
  readonly requests: number[] = [];
  readonly schemas = new Map<number, AvroSchema>();
  private readonly server: Server = createServer((request, response) => {
    const id = Number(request.url?.split('/').pop());
    this.requests.push(id);
    const schema = this.schemas.get(id);
    response.statusCode = this.status ?? (schema === undefined ? 404 : 200);
    const body =
      schema === undefined ? { error_code: 40403, message: 'Schema not found' } : { schema: JSON.stringify(schema) };
    setTimeout(() => response.end(JSON.stringify(body)), 5);
  });
  status: number | undefined;

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

describe('AvroCodecs', () => {
  const registry = new SchemasById();
  let url: string;
  let clock: number;
  let codecs: AvroCodecs;

  beforeAll(async () => {
    url = await registry.start();
  });
  afterAll(() => registry.stop());
  beforeEach(() => {
    registry.requests.length = 0;
    registry.schemas.clear();
    registry.status = undefined;
    registry.schemas.set(1, READING);
    clock = 0;
    codecs = new AvroCodecs(new SchemaRegistryClient(url), { now: () => clock, unknownForMs: 1_000 });
  });

  const encode = (value: unknown, schema: AvroRecordSchema = READING, id = 1) => codecs.encoderFor(schema, id)(value);

  async function decode(value: Buffer | null, reader: AvroRecordSchema = READING) {
    const decoder = codecs.decoderFor(reader);
    await decoder.prefetch([value]);
    return decoder.decode(value);
  }

  it('reads what it wrote, with the schema id, as plain values', async () => {
    const decoded = await decode(encode(A_READING));
    expect(decoded).toEqual({ ok: true, schemaId: 1, value: A_READING });
  });

  it('writes a header of 0x00 and the id, and a value that later values do not change', () => {
    const encoder = codecs.encoderFor(READING, 258);
    const first = encoder(A_READING);
    const kept = Buffer.from(first);
    encoder({ ...A_READING, id: 'z'.repeat(10_000) });
    expect([...first.subarray(0, 5)]).toEqual([0, 0, 0, 1, 2]);
    expect(first).toEqual(kept);
  });

  it('writes values larger than its buffer', async () => {
    const large = { ...A_READING, id: 'ä'.repeat(1_500_000) };
    expect(await decode(encode(large))).toMatchObject({ ok: true, value: large });
  });

  it.each([
    [{ ...A_READING, at: 'now' }, 'at', '"at" of weather.Reading must be long, not a value of type string'],
    [{ ...A_READING, tags: ['x', 3] }, 'tags.1', '"tags.1" of weather.Reading must be string, not an integer'],
    [{ at: 1 }, 'id', '"id" of weather.Reading must be string, not missing'],
    [undefined, '', 'the value of weather.Reading must be weather.Reading, not missing'],
  ])('refuses to write %j and names the path', (value, path, message) => {
    const failure = (() => {
      try {
        return encode(value);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(InvalidAvroValue);
    expect(failure).toMatchObject({ path, message });
  });

  it('asks the registry once per id, however many ask at a time', async () => {
    const value = encode(A_READING);
    const decoder = codecs.decoderFor(READING);
    const other = codecs.decoderFor({ ...READING, doc: 'another reader' });
    await Promise.all([decoder.prefetch([value, value]), decoder.prefetch([value]), other.prefetch([value])]);
    await decoder.prefetch([value]);
    expect(registry.requests).toEqual([1]);
  });

  it('quarantines an id that the registry does not know, and asks again only after a while', async () => {
    const value = encode(A_READING, READING, 77);
    expect(await decode(value)).toMatchObject({ ok: false, reason: 'unknown_schema' });
    expect(await decode(value)).toMatchObject({ ok: false, reason: 'unknown_schema' });
    expect(registry.requests).toEqual([77]);
    registry.schemas.set(77, READING);
    clock = 1_001;
    expect(await decode(value)).toMatchObject({ ok: true, schemaId: 77 });
    expect(registry.requests).toEqual([77, 77]);
  });

  it.each([
    ['no value', null, 'empty_value', 'no value'],
    ['an empty value', Buffer.alloc(0), 'empty_value', 'no value'],
    ['JSON', Buffer.from(' {"id":"a"}'), 'not_avro', 'looks like JSON'],
    ['text', Buffer.from('hello'), 'not_avro', 'begins with 0x68'],
    ['a header cut short', Buffer.from([0, 0, 0]), 'not_avro', '3 bytes long'],
    ['a negative id', Buffer.from([0, 255, 0, 0, 0, 1]), 'unknown_schema', 'schema id -16777216'],
  ])('quarantines %s', async (_, value, reason, message) => {
    const decoded = await decode(value);
    expect(decoded).toMatchObject({ ok: false, reason, message: expect.stringContaining(message) });
    expect(registry.requests).toEqual([]);
  });

  it('quarantines a body that ends early or goes on', async () => {
    const value = encode(A_READING);
    expect(await decode(value.subarray(0, -1))).toMatchObject({ ok: false, reason: 'truncated' });
    expect(await decode(Buffer.concat([value, Buffer.from([0])]))).toMatchObject({
      ok: false,
      reason: 'truncated',
      message: expect.stringContaining('1 bytes left over'),
    });
  });

  it('survives an array that claims 2^50 items', async () => {
    const schema: AvroRecordSchema = {
      type: 'record',
      name: 'R',
      fields: [{ name: 'a', type: { type: 'array', items: 'string' } }],
    };
    registry.schemas.set(1, schema);
    const value = Buffer.from([0, 0, 0, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x04]);
    expect(await decode(value, schema)).toMatchObject({ ok: false, reason: 'truncated' });
  });

  it('names the field that a writer leaves out', async () => {
    const writer: AvroRecordSchema = {
      ...READING,
      namespace: 'other',
      fields: READING.fields.filter(({ name }) => name !== 'at'),
    };
    registry.schemas.set(9, writer);
    expect(await decode(encode({ id: 'a' }, writer, 9))).toMatchObject({
      ok: false,
      reason: 'missing_field',
      message: expect.stringContaining('no field "at"'),
    });
  });

  it('reads other writers: fields added, left out with a default, of a narrower type', async () => {
    const writer: AvroRecordSchema = {
      type: 'record',
      name: 'Reading',
      fields: [
        { name: 'extra', type: 'bytes' },
        { name: 'id', type: 'string' },
        { name: 'at', type: 'int' },
        { name: 'celsius', type: 'float' },
      ],
    };
    registry.schemas.set(2, writer);
    const value = encode({ extra: Buffer.from([1, 2]), id: 'b', at: 5, celsius: 1.5 }, writer, 2);
    expect(await decode(value)).toEqual({
      ok: true,
      schemaId: 2,
      value: { id: 'b', at: 5, celsius: 1.5, tags: [] },
    });
  });

  it('quarantines a writer of another shape', async () => {
    const writer: AvroRecordSchema = {
      ...READING,
      fields: READING.fields.map((f) => (f.name === 'at' ? { ...f, type: 'string' } : f)),
    };
    registry.schemas.set(3, writer);
    expect(await decode(encode({ id: 'a', at: 'x' }, writer, 3))).toMatchObject({
      ok: false,
      reason: 'incompatible_schema',
    });
  });

  it('quarantines a long that JavaScript cannot hold, naming the field', async () => {
    const inner: AvroRecordSchema = { type: 'record', name: 'Inner', fields: [{ name: 'n', type: ['null', 'long'] }] };
    const schema: AvroRecordSchema = {
      type: 'record',
      name: 'Outer',
      fields: [{ name: 'inner', type: { type: 'array', items: inner } }],
    };
    registry.schemas.set(4, schema);
    // One item; branch 1; zigzag of 2^53: eight bytes.
    const value = Buffer.from([0, 0, 0, 0, 4, 2, 2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0]);
    expect(await decode(value, schema)).toMatchObject({
      ok: false,
      reason: 'type',
      message: expect.stringContaining('field "inner[0].n" holds the long 9007199254740992'),
    });
  });

  it('waits when the registry is away or ill, and reads on when it is back', async () => {
    const value = encode(A_READING);
    registry.status = 503;
    await expect(codecs.decoderFor(READING).prefetch([value])).rejects.toMatchObject({
      name: 'Retriable',
      code: 'registry_unreachable',
    });
    registry.status = undefined;
    expect(await decode(value)).toMatchObject({ ok: true });
  });

  it('keeps a map key __proto__ as an entry', async () => {
    const schema: AvroRecordSchema = {
      type: 'record',
      name: 'R',
      fields: [{ name: 'm', type: { type: 'map', values: 'string' } }],
    };
    registry.schemas.set(1, schema);
    const value = Buffer.concat([
      Buffer.from([0, 0, 0, 0, 1, 2, 18]),
      Buffer.from('__proto__'),
      Buffer.from([2, 0x78, 0]),
    ]);
    const decoded = await decode(value, schema);
    expect(decoded.ok && Object.entries(decoded.value['m'] as object)).toEqual([['__proto__', 'x']]);
  });
});
