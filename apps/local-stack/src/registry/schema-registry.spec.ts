import { RegistryError } from './registry-error.js';
import { SchemaRegistry, type SchemasLog } from './schema-registry.js';
import type { SchemasEvent } from './schemas-record.js';

/** The log in memory, with Kafka's promises: what `append` resolved for is read back in order. */
class MemoryLog implements SchemasLog {
  readonly events: SchemasEvent[] = [];
  failure: { readonly landsAllTheSame: boolean } | undefined;

  async read(fromOffset: number): Promise<{ events: SchemasEvent[]; nextOffset: number }> {
    return { events: this.events.slice(fromOffset), nextOffset: this.events.length };
  }

  async append(events: readonly SchemasEvent[]): Promise<number> {
    const failure = this.failure;
    this.failure = undefined;
    if (!failure || failure.landsAllTheSame) this.events.push(...events);
    if (failure) throw new Error('request timed out');
    return this.events.length;
  }
}

const record = (...fields: object[]): { schema: string } => ({
  schema: JSON.stringify({ type: 'record', name: 'R', fields }),
});
const A = record({ name: 'a', type: 'int' });
const AB = record({ name: 'a', type: 'int' }, { name: 'b', type: 'int', default: 0 });
const ABC = record({ name: 'a', type: 'int' }, { name: 'c', type: 'int' });

async function given(log = new MemoryLog()): Promise<SchemaRegistry> {
  const registry = new SchemaRegistry(log);
  await registry.start();
  return registry;
}

async function codeOf(call: () => unknown): Promise<number> {
  try {
    await call();
  } catch (error) {
    if (error instanceof RegistryError) return error.errorCode;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('SchemaRegistry', () => {
  it('gives the same schema the same id, in every subject and spelling', async () => {
    const registry = await given();
    expect(await registry.register('s', A)).toBe(1);
    expect(await registry.register('s', { schema: JSON.stringify(JSON.parse(A.schema), null, 2) })).toBe(1);
    expect(await registry.register('t', A)).toBe(1);
    expect(registry.versions('s', false)).toEqual([1]);
    expect(await registry.register('s', AB)).toBe(2);
    expect(registry.usesOf('1', false)).toEqual([
      { subject: 's', version: 1 },
      { subject: 't', version: 1 },
    ]);
  });

  it('gives concurrent registrations distinct ids and versions', async () => {
    const registry = await given();
    await registry.setLevel('s', 'NONE');
    const schemas = Array.from({ length: 20 }, (_, n) => record({ name: `f${n}`, type: 'int' }));
    const ids = await Promise.all(schemas.map((schema) => registry.register('s', schema)));
    expect(new Set(ids).size).toBe(20);
    expect(registry.versions('s', false)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });

  it('refuses what cannot read the latest version', async () => {
    const registry = await given();
    await registry.register('s', A);
    expect(await codeOf(() => registry.register('s', ABC))).toBe(409);
    expect(registry.checkCompatibility('s', ABC, 'latest')).toHaveLength(1);
    expect(registry.checkCompatibility('s', AB, 'latest')).toEqual([]);
    expect(registry.versions('s', false)).toEqual([1]);
  });

  it("goes by the subject's level, else by the registry's", async () => {
    const registry = await given();
    await registry.register('s', A);
    await registry.setLevel(null, 'none');
    expect(registry.checkCompatibility('s', ABC, undefined)).toEqual([]);
    await registry.setLevel('s', 'FULL');
    expect(registry.checkCompatibility('s', ABC, undefined)).not.toEqual([]);
    expect(await registry.removeLevel('s')).toBe('FULL');
    expect(registry.level('s')).toBe('NONE');
    expect(await codeOf(() => registry.subjectLevel('s'))).toBe(40408);
  });

  it('takes anything as the first version', async () => {
    const registry = await given();
    expect(registry.checkCompatibility('new', A, 'latest')).toEqual([]);
    expect(await codeOf(() => registry.checkCompatibility('new', A, '3'))).toBe(40401);
  });

  it.each<[string, (registry: SchemaRegistry) => unknown, number]>([
    ['an unknown subject', (registry) => registry.versions('x', false), 40401],
    ['an unknown version', (registry) => registry.version('s', '9', false), 40402],
    ['an unknown id', (registry) => registry.schema('99'), 40403],
    ['an id that is no number', (registry) => registry.schema('one'), 40403],
    ['a schema that the subject lacks', (registry) => registry.lookup('s', AB, false), 40403],
    ['a schema of an unknown subject', (registry) => registry.lookup('x', A, false), 40401],
    ['text that is no schema', (registry) => registry.register('s', { schema: '{"type":"nope"}' }), 42201],
    ['version 0', (registry) => registry.version('s', '0', false), 42202],
    ['a version that is a word', (registry) => registry.version('s', 'newest', false), 42202],
    ['a level that is none', (registry) => registry.setLevel('s', 'SIDEWAYS'), 42203],
    ['erasing what was not deleted', (registry) => registry.deleteSubject('s', true), 40405],
    ['erasing a version that was not deleted', (registry) => registry.deleteVersion('s', '1', true), 40407],
  ])('refuses %s with its code', async (_, call, code) => {
    const registry = await given();
    await registry.register('s', A);
    expect(await codeOf(() => call(registry))).toBe(code);
  });

  it('hides a deleted subject, keeps its ids readable and goes on counting', async () => {
    const registry = await given();
    await registry.register('s', A);
    await registry.register('s', AB);
    expect(await registry.deleteSubject('s', false)).toEqual([1, 2]);
    expect(registry.subjects(false)).toEqual([]);
    expect(registry.subjects(true)).toEqual(['s']);
    expect(registry.schema('1')).toContain('"name":"a"');
    expect(await codeOf(() => registry.deleteSubject('s', false))).toBe(40404);
    expect(await registry.register('s', ABC)).toBe(3);
    expect(registry.versions('s', false)).toEqual([3]);
    expect(registry.versions('s', true)).toEqual([1, 2, 3]);
  });

  it('erases for good on demand', async () => {
    const registry = await given();
    await registry.register('s', A);
    await registry.deleteSubject('s', false);
    expect(await registry.deleteSubject('s', true)).toEqual([1]);
    expect(registry.subjects(true)).toEqual([]);
  });

  it('knows after a restart all that it knew', async () => {
    const log = new MemoryLog();
    const before = await given(log);
    await before.register('s', A);
    await before.register('s', AB);
    await before.register('t', AB);
    await before.deleteVersion('s', '1', false);
    await before.setLevel(null, 'FORWARD');
    const after = await given(log);
    expect(after.subjects(false)).toEqual(['s', 't']);
    expect(after.versions('s', false)).toEqual([2]);
    expect(after.globalLevel()).toBe('FORWARD');
    expect(await after.register('u', AB)).toBe(2);
    expect(await after.register('u2', ABC)).toBe(3);
  });

  it.each([true, false])(
    'never gives an id twice after an append failed that landed all the same: %s',
    async (landsAllTheSame) => {
      const log = new MemoryLog();
      const registry = await given(log);
      log.failure = { landsAllTheSame };
      expect(await codeOf(() => registry.register('s', A))).toBe(50001);
      expect(await registry.register('t', AB)).toBe(landsAllTheSame ? 2 : 1);
      expect(registry.subjects(false)).toEqual(landsAllTheSame ? ['s', 't'] : ['t']);
    },
  );
});
