import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { judgeHealth, readHealth } from './service-health.js';

describe('the health of services', () => {
  const servers: Server[] = [];

  async function answering(
    answers: Readonly<Record<string, readonly [status: number, body: object]>>,
  ): Promise<string> {
    const server = createServer(({ url = '' }, response) => {
      const [status, body] = answers[url] ?? [404, {}];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  afterAll(() => servers.forEach((server) => server.close()));

  it('tells who is ready, who waits for what, and leaves strangers alone', async () => {
    const live = (service: string) => [200, { status: 'live', service }] as const;
    const errors = [{ code: 'models', detail: 'tides: no model is champion yet' }];
    const places = [
      {
        service: 'validation',
        url: await answering({ '/health/live': live('validation'), '/health/ready': [200, { status: 'ready' }] }),
      },
      {
        service: 'inference',
        url: await answering({ '/health/live': live('inference'), '/health/ready': [503, { errors }] }),
      },
      { service: 'monitoring', url: await answering({ '/health/live': live('somebody else') }) },
      { service: 'ingestion', url: 'http://127.0.0.1:9' },
    ];
    expect(judgeHealth(await readHealth(places))).toMatchObject([
      { severity: 'ok', subject: places[0]?.url, message: 'validation is ready' },
      { severity: 'warn', message: 'inference runs and waits: models: tides: no model is champion yet' },
    ]);
  });
});
