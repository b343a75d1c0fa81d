import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SchemaRegistryClient } from './schema-registry-client.js';

type Answer = { status?: number; body?: string; delayMs?: number };

describe('SchemaRegistryClient', () => {
  let server: Server;
  let port: number;
  let last: IncomingMessage | undefined;
  let answer: Answer = {};

  beforeAll(async () => {
    server = createServer((request, response) => {
      last = request;
      const { status = 200, body = '[]', delayMs = 0 } = answer;
      setTimeout(() => response.writeHead(status).end(body), delayMs);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const clientOf = (prefix = '') => new SchemaRegistryClient(`http://${prefix}127.0.0.1:${port}`, { timeoutMs: 100 });

  it('sends the user and password of its URL, decoded', async () => {
    answer = {};
    await clientOf('svc%40acme:p%3Aw@').subjects();
    expect(last!.headers.authorization).toBe(`Basic ${Buffer.from('svc@acme:p:w').toString('base64')}`);
  });

  it('keeps the password out of what it says', async () => {
    answer = { status: 503, body: 'no' };
    const failure = (await clientOf('user:secret@')
      .subjects()
      .catch((error: unknown) => error)) as Error;
    expect(failure).toMatchObject({ name: 'Retriable', code: 'registry_unreachable' });
    expect(failure.message).toContain('HTTP 503');
    expect(failure.message).not.toContain('secret');
  });

  it.each([
    [{ status: 500, body: '{"error_code":50001,"message":"store away"}' }, 'Retriable'],
    [{ status: 429, body: '' }, 'Retriable'],
    [{ delayMs: 300 }, 'Retriable'],
    [{ status: 401, body: '{"error_code":401,"message":"Unauthorized"}' }, 'SchemaRegistryError'],
    [{ status: 422, body: '{"error_code":42201,"message":"Invalid schema"}' }, 'SchemaRegistryError'],
  ])('takes %j for %s', async (given, name) => {
    answer = given;
    await expect(clientOf().subjects()).rejects.toMatchObject({ name });
  });

  it('escapes subjects', async () => {
    answer = { body: '[1]' };
    expect(await clientOf().versions('a/b c-value')).toEqual([1]);
    expect(last!.url).toBe('/subjects/a%2Fb%20c-value/versions');
  });

  it('refuses a schema that is not Avro', async () => {
    answer = { body: '{"schemaType":"PROTOBUF","schema":"syntax"}' };
    await expect(clientOf().getSchema(1)).rejects.toMatchObject({ name: 'SchemaRegistryError', status: 422 });
  });
});
