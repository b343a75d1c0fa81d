import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { eventually } from '#platform/testing';
import { addConnectionGuard, refuseOnSocket } from '../src/http/connection-guard.js';

const POST = 'POST /echo HTTP/1.1\r\nhost: door\r\ncontent-type: application/json\r\n';
const MAX_CONNECTIONS = 20;

let server: FastifyInstance;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = fastify();
  addConnectionGuard(server, { maxConnections: MAX_CONNECTIONS, progressWithinMs: 300 });
  server.get('/echo', async () => 'here');
  server.post('/echo', async ({ body }) => body);
  await server.listen({ port: 0 });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await eventually(() => connections().then((count) => count === 0));
});

afterAll(() => server.close());

function connections(): Promise<number> {
  return new Promise((resolve, reject) =>
    server.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

async function open(): Promise<{ readonly socket: Socket; heard(): string }> {
  const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString())).on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, heard: () => text };
}

async function closed({ socket }: { readonly socket: Socket }): Promise<void> {
  await eventually(() => socket.closed);
}

describe('a body', () => {
  it('that stops coming is answered with 408, and its connection closed', async () => {
    const sender = await open();
    sender.socket.write(`${POST}content-length: 1000\r\n\r\n"abc`);
    await closed(sender);
    expect(sender.heard()).toMatch(
      /^HTTP\/1.1 408 .*application\/problem\+json.*urn:eddyline:problem:request_timeout/is,
    );
  });

  it('that only trickles is given up as well', async () => {
    const sender = await open();
    sender.socket.write(`${POST}content-length: 100000\r\n\r\n"`);
    const trickle = setInterval(() => sender.socket.write('x'), 20);
    await closed(sender);
    clearInterval(trickle);
    expect(sender.heard()).toMatch(/^HTTP\/1.1 408 /);
  });

  it('that comes steadily is taken, however long it takes', async () => {
    const sender = await open();
    const chunk = 'x'.repeat(20_000);
    sender.socket.write(`${POST}content-length: ${20 * chunk.length + 2}\r\n\r\n"`);
    let sent = 0;
    const flow = setInterval(() => {
      if (sent++ < 20) sender.socket.write(chunk);
      else sender.socket.write('"', () => clearInterval(flow));
    }, 50);
    await eventually(() => sender.heard().startsWith('HTTP/1.1 200 '));
  });
});

describe('connections', () => {
  it('that do nothing give way to new ones', async () => {
    const idle = await Promise.all(Array.from({ length: MAX_CONNECTIONS - 3 }, open));
    for (const { socket } of idle) socket.write('GET /echo HTTP/1.1\r\nhost: door\r\n\r\n');
    await eventually(() => idle.every(({ heard }) => heard().endsWith('here')));
    const later = await Promise.all(Array.from({ length: 5 }, open));
    for (const { socket } of later) socket.write('GET /echo HTTP/1.1\r\nhost: door\r\n\r\n');
    await eventually(() => later.every(({ heard }) => heard().endsWith('here')));
    await Promise.all(idle.map(closed));
  });

  it('beyond the limit are refused', async () => {
    const busy = await Promise.all(Array.from({ length: MAX_CONNECTIONS }, open));
    for (const { socket } of busy) socket.write('GET /echo HTTP/1.1\r\n');
    await eventually(() => connections().then((count) => count === MAX_CONNECTIONS));
    await closed(await open());
    expect(await connections()).toBe(MAX_CONNECTIONS);
  });
});

it('bytes that are not HTTP are answered with a problem', async () => {
  const guarded = fastify({ clientErrorHandler: refuseOnSocket });
  await guarded.listen({ port: 0 });
  const socket = connect((guarded.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('what?\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 400 .*urn:eddyline:problem:invalid_http/is);
  await guarded.close();
});
