import { eventually, stack, testKafka, uniqueName } from '#platform/testing';

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(stack().schemaRegistryUrl + path, {
    method,
    headers: { 'content-type': CONTENT_TYPE },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  expect(response.headers.get('content-type')).toBe(CONTENT_TYPE);
  return { status: response.status, body: await response.json() };
}

const schemaBody = (name: string, ...fields: object[]): { schema: string } => ({
  schema: JSON.stringify({ type: 'record', name, namespace: 'eddyline.test', fields }),
});

/** A record name of its own for each test: ids are given per schema, and the registry is shared. */
function given(): { subject: string; path: string; name: string } {
  const subject = `${uniqueName('registry')}-value`;
  return { subject, path: `/subjects/${subject}`, name: `R${uniqueName('x').slice(2)}` };
}

const a = { name: 'a', type: 'int' };
const b = { name: 'b', type: 'string', default: '' };
const required = { name: 'c', type: 'string' };

describe('schema registry over HTTP', () => {
  it('registers, and answers by id, by version, by schema and by subject', async () => {
    const { subject, path, name } = given();
    const registered = await call('POST', `${path}/versions`, schemaBody(name, a));
    expect(registered).toEqual({ status: 200, body: { id: expect.any(Number) } });
    const { id } = registered.body as { id: number };

    const byId = await call('GET', `/schemas/ids/${id}`);
    expect(Object.keys(byId.body as object)).toEqual(['schema']);
    const { schema } = byId.body as { schema: string };
    expect(JSON.parse(schema)).toMatchObject({ name, namespace: 'eddyline.test', fields: [a] });

    expect(await call('GET', `${path}/versions`)).toEqual({ status: 200, body: [1] });
    expect(await call('GET', `${path}/versions/latest`)).toEqual({
      status: 200,
      body: { subject, version: 1, id, schema },
    });
    expect(await call('POST', path, schemaBody(name, a))).toEqual({
      status: 200,
      body: { subject, version: 1, id, schema },
    });
    expect((await call('GET', `${path}/versions/1/schema`)).body).toMatchObject({ name });
    expect((await call('GET', `/schemas/ids/${id}/versions`)).body).toEqual([{ subject, version: 1 }]);
    expect((await call('GET', '/subjects')).body).toContain(subject);
    expect((await call('GET', `/subjects?subjectPrefix=${subject}`)).body).toEqual([subject]);
  });

  it('answers the same id for the same schema, in any subject', async () => {
    const [first, second] = [given(), given()];
    const body = schemaBody(first.name, a);
    const ids = [
      await call('POST', `${first.path}/versions`, body),
      await call('POST', `${first.path}/versions`, body),
      await call('POST', `${second.path}/versions`, body),
    ].map((answer) => (answer.body as { id: number }).id);
    expect(new Set(ids).size).toBe(1);
    expect((await call('GET', `${first.path}/versions`)).body).toEqual([1]);
  });

  it('keeps to BACKWARD by default: 409 names the field, a field with a default passes', async () => {
    const { path, name } = given();
    await call('POST', `${path}/versions`, schemaBody(name, a));
    const refused = await call('POST', `${path}/versions`, schemaBody(name, a, required));
    expect(refused).toMatchObject({
      status: 409,
      body: { error_code: 409, message: expect.stringContaining("field 'c'") },
    });
    expect(await call('POST', `/compatibility${path}/versions/latest`, schemaBody(name, a, required))).toEqual({
      status: 200,
      body: { is_compatible: false },
    });
    const verbose = await call(
      'POST',
      `/compatibility${path}/versions/latest?verbose=true`,
      schemaBody(name, a, required),
    );
    expect(verbose.body).toEqual({
      is_compatible: false,
      messages: [expect.stringContaining('READER_FIELD_MISSING_DEFAULT_VALUE')],
    });
    expect((await call('POST', `/compatibility${path}/versions/1`, schemaBody(name, a, b))).body).toEqual({
      is_compatible: true,
    });
    expect((await call('POST', `${path}/versions`, schemaBody(name, a, b))).status).toBe(200);
    expect((await call('GET', `${path}/versions`)).body).toEqual([1, 2]);
  });

  it('takes a level per subject, whatever its case', async () => {
    const { subject, path, name } = given();
    await call('POST', `${path}/versions`, schemaBody(name, a));
    expect(await call('GET', `/config/${subject}`)).toMatchObject({ status: 404, body: { error_code: 40408 } });
    expect((await call('GET', `/config/${subject}?defaultToGlobal=true`)).body).toEqual({
      compatibilityLevel: 'BACKWARD',
    });
    expect((await call('PUT', `/config/${subject}`, { compatibility: 'forward' })).body).toEqual({
      compatibility: 'FORWARD',
    });
    expect((await call('GET', `/config/${subject}`)).body).toEqual({ compatibilityLevel: 'FORWARD' });
    expect((await call('POST', `${path}/versions`, schemaBody(name, a, required))).status).toBe(200);
    expect((await call('DELETE', `/config/${subject}`)).body).toEqual({ compatibilityLevel: 'FORWARD' });
  });

  it('deletes a subject softly, then for good', async () => {
    const { subject, path, name } = given();
    const { id } = (await call('POST', `${path}/versions`, schemaBody(name, a))).body as { id: number };
    expect(await call('DELETE', path)).toEqual({ status: 200, body: [1] });
    expect((await call('GET', `${path}/versions`)).body).toMatchObject({ error_code: 40401 });
    expect((await call('GET', '/subjects?deleted=true')).body).toContain(subject);
    expect((await call('GET', `/schemas/ids/${id}`)).status).toBe(200);
    expect(await call('DELETE', `${path}?permanent=true`)).toEqual({ status: 200, body: [1] });
    expect((await call('GET', '/subjects?deleted=true')).body).not.toContain(subject);
  });

  it('says what it can do', async () => {
    expect((await call('GET', '/schemas/types')).body).toEqual(['AVRO']);
    expect((await call('GET', '/mode')).body).toEqual({ mode: 'READWRITE' });
    expect((await call('GET', '/config')).body).toEqual({ compatibilityLevel: 'BACKWARD' });
  });

  it('takes subjects with any characters', async () => {
    const { name } = given();
    const subject = `${uniqueName('odd')} / ü%-value`;
    const path = `/subjects/${encodeURIComponent(subject)}`;
    await call('POST', `${path}/versions`, schemaBody(name, a));
    expect((await call('GET', `${path}/versions/1`)).body).toMatchObject({ subject });
  });

  it.each<[string, string, unknown, number, number]>([
    ['GET', '/subjects/unknown-subject/versions', undefined, 404, 40401],
    ['GET', '/subjects/unknown-subject/versions/1', undefined, 404, 40401],
    ['GET', '/schemas/ids/2000000000', undefined, 404, 40403],
    ['POST', '/subjects/unknown-subject', schemaBody('R', a), 404, 40401],
    ['POST', '/subjects/bad-schema/versions', { schema: '{"type":"record"}' }, 422, 42201],
    ['POST', '/subjects/bad-schema/versions', { schema: 'not json' }, 422, 42201],
    ['POST', '/subjects/bad-schema/versions', {}, 422, 42201],
    ['POST', '/subjects/bad-schema/versions', { schema: 'message M {}', schemaType: 'PROTOBUF' }, 422, 42201],
    ['POST', '/subjects/bad-schema/versions', '{"schema":', 400, 400],
    ['PUT', '/config/some-subject', { compatibility: 'SIDEWAYS' }, 422, 42203],
    ['PUT', '/mode', { mode: 'READONLY' }, 422, 42204],
    ['GET', '/nowhere', undefined, 404, 404],
    ['PUT', '/subjects', {}, 405, 405],
  ])('%s %s %j → %d, error code %d', async (method, path, body, status, errorCode) => {
    expect(await call(method, path, body)).toEqual({
      status,
      body: { error_code: errorCode, message: expect.any(String) },
    });
  });

  it('answers 40402 for an unknown version and 42202 for one that is none', async () => {
    const { path, name } = given();
    await call('POST', `${path}/versions`, schemaBody(name, a));
    expect((await call('GET', `${path}/versions/7`)).body).toMatchObject({ error_code: 40402 });
    expect((await call('GET', `${path}/versions/first`)).body).toMatchObject({ error_code: 42202 });
    expect((await call('POST', path, schemaBody(name, b))).body).toMatchObject({ error_code: 40403 });
  });

  it('gives concurrent clients one version per schema', async () => {
    const { subject, path, name } = given();
    await call('PUT', `/config/${subject}`, { compatibility: 'NONE' });
    const bodies = Array.from({ length: 10 }, (_, n) => schemaBody(name, { name: `f${n}`, type: 'int' }));
    const answers = await Promise.all([...bodies, ...bodies].map((body) => call('POST', `${path}/versions`, body)));
    expect(new Set(answers.map(({ body }) => (body as { id: number }).id)).size).toBe(10);
    expect((await call('GET', `${path}/versions`)).body).toHaveLength(10);
  });

  it("writes to _schemas what Confluent's registry would", async () => {
    const { subject, path, name } = given();
    const { id } = (await call('POST', `${path}/versions`, schemaBody(name, a))).body as { id: number };
    const found: { key: unknown; value: unknown }[] = [];
    const consumer = testKafka().consumer({ groupId: uniqueName('schemas-reader') });
    await consumer.connect();
    await consumer.subscribe({ topic: '_schemas', fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const key = JSON.parse(String(message.key)) as { subject?: string };
        if (key.subject === subject) found.push({ key, value: JSON.parse(String(message.value)) });
      },
    });
    await eventually(() => found.length > 0);
    await consumer.disconnect();
    const { schema } = (await call('GET', `/schemas/ids/${id}`)).body as { schema: string };
    expect(found).toEqual([
      {
        key: { keytype: 'SCHEMA', subject, version: 1, magic: 1 },
        value: { subject, version: 1, id, schema, deleted: false },
      },
    ]);
  });
});
