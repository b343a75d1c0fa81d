import type { AvroRecordSchema } from '#contracts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { stack, TcpGate, uniqueName } from '#platform/testing';

const V1: AvroRecordSchema = {
  type: 'record',
  name: 'Reading',
  namespace: 'grid',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'n', type: 'int' },
  ],
};
/** Reads V1: the new field has a default. */
const V2: AvroRecordSchema = {
  ...V1,
  fields: [...V1.fields, { name: 'wind', type: ['null', 'double'], default: null }],
};
/** Cannot read V1. */
const BROKEN: AvroRecordSchema = { ...V1, fields: [...V1.fields, { name: 'wind', type: 'double' }] };

describe('the schema registry', () => {
  const client = new SchemaRegistryClient(stack().schemaRegistryUrl);

  it('gives one id to one schema, and finds it by id, by text and by version', async () => {
    const subject = `${uniqueName('avro')}-value`;
    expect(await client.latest(subject)).toBeUndefined();
    expect(await client.lookup(subject, V1)).toBeUndefined();
    expect(await client.versions(subject)).toEqual([]);
    const id = await client.register(subject, V1);
    expect(await client.register(subject, V1)).toBe(id);
    expect(await client.getSchema(id)).toEqual(V1);
    expect(await client.lookup(subject, V1)).toMatchObject({ subject, id, version: 1 });
    expect(await client.latest(subject)).toMatchObject({ subject, id, version: 1, schema: V1 });
    expect(await client.subjects()).toContain(subject);
    const later = await client.register(subject, V2);
    expect(await client.versions(subject)).toEqual([1, 2]);
    expect(await client.version(subject, 1)).toMatchObject({ id });
    expect(await client.latest(subject)).toMatchObject({ id: later, version: 2 });
  });

  it('says what would break readers, and refuses to register it', async () => {
    const subject = `${uniqueName('avro')}-value`;
    expect(await client.checkCompatibility(subject, V1)).toEqual({ compatible: true, messages: [] });
    await client.register(subject, V1);
    await client.setCompatibility('BACKWARD', subject);
    expect(await client.compatibility(subject)).toBe('BACKWARD');
    expect(await client.checkCompatibility(subject, V2)).toEqual({ compatible: true, messages: [] });
    const verdict = await client.checkCompatibility(subject, BROKEN);
    expect(verdict.compatible).toBe(false);
    expect(verdict.messages.join('\n')).toContain('wind');
    await expect(client.register(subject, BROKEN)).rejects.toMatchObject({ name: 'SchemaRegistryError', status: 409 });
    await client.setCompatibility('NONE', subject);
    await client.register(subject, BROKEN);
  });

  it('refuses what is no schema', async () => {
    const broken = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'nothing' }] } as AvroRecordSchema;
    await expect(client.register(`${uniqueName('avro')}-value`, broken)).rejects.toMatchObject({
      name: 'SchemaRegistryError',
      status: 422,
      errorCode: 42201,
    });
    await expect(client.getSchema(2_000_000_000)).rejects.toMatchObject({ status: 404, errorCode: 40403 });
  });

  it('lets a reader follow its writers through evolution', async () => {
    const subject = `${uniqueName('avro')}-value`;
    const codecs = new AvroCodecs(client);
    const values = [
      codecs.encoderFor(V1, await client.register(subject, V1))({ id: 'a', n: 1 }),
      codecs.encoderFor(V2, await client.register(subject, V2))({ id: 'b', n: 2, wind: 3.5 }),
    ];
    const decoder = new AvroCodecs(client).decoderFor(V2);
    await decoder.prefetch(values);
    expect(values.map((value) => decoder.decode(value))).toMatchObject([
      { ok: true, value: { id: 'a', n: 1, wind: null } },
      { ok: true, value: { id: 'b', n: 2, wind: 3.5 } },
    ]);
  });

  it('is waited for while it is away; what is known stays readable', async () => {
    const gate = new TcpGate(stack().schemaRegistryUrl);
    const gated = new SchemaRegistryClient(await gate.open(), { timeoutMs: 1_000 });
    try {
      const codecs = new AvroCodecs(gated);
      const subject = `${uniqueName('avro')}-value`;
      const known = codecs.encoderFor(V1, await gated.register(subject, V1))({ id: 'a', n: 1 });
      const fresh = codecs.encoderFor(V2, await gated.register(subject, V2))({ id: 'b', n: 2, wind: null });
      const decoder = codecs.decoderFor(V1);
      await decoder.prefetch([known]);
      await gate.shut();
      await decoder.prefetch([known]);
      expect(decoder.decode(known)).toMatchObject({ ok: true });
      await expect(decoder.prefetch([known, fresh])).rejects.toMatchObject({
        name: 'Retriable',
        code: 'registry_unreachable',
      });
      await gate.open();
      await decoder.prefetch([known, fresh]);
      expect(decoder.decode(fresh)).toMatchObject({ ok: true });
    } finally {
      await gate.shut();
    }
  });

  it('is asked at another address when one does not answer', async () => {
    const gate = new TcpGate(stack().schemaRegistryUrl);
    const url = await gate.open();
    await gate.shut();
    const client = new SchemaRegistryClient(`${url},${stack().schemaRegistryUrl}`, { timeoutMs: 1_000 });
    expect(await client.subjects()).toBeInstanceOf(Array);
  });
});
