import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import type { RunningService } from '#platform/service';
import { aReading, closeTelemetry, IngestionHarness } from './ingestion-harness.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;
/** How long a connection is listened to: what is not a whole request gets no answer. */
const LISTEN_MS = 150;

let harness: IngestionHarness;
let service: RunningService;

beforeAll(async () => {
  harness = new IngestionHarness();
  service = await harness.start({ EDDYLINE_MAX_BODY: '64KiB' });
  await service.ready;
  await harness.applyAndWait(service);
});

afterAll(async () => {
  await harness.close();
  await closeTelemetry();
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * What the process holds on to, MiB: objects and buffers after a collection. Not its resident memory, which says as much
 * about the allocator and about the test files that the worker ran before.
 */
function heldMiB(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** Sends bytes as they are, whatever they say. @returns the statuses of all answers that came */
function send(bytes: Buffer): Promise<number[]> {
  const { hostname, port } = new URL(service.url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const end = (): void => {
      socket.destroy();
      resolve([...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)));
    };
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', end);
    socket.on('close', end);
    socket.setTimeout(LISTEN_MS, end);
  });
}

const token = fc.oneof(
  { weight: 1, arbitrary: fc.string() },
  { weight: 20, arbitrary: fc.constantFrom('content-type: application/json', 'content-length: 5', 'content-length: -1', 'content-length: 99999999999999999999', 'transfer-encoding: chunked', 'expect: 100-continue', 'host: x', 'host:', 'connection: upgrade', 'upgrade: websocket', 'traceparent: 00-zz', 'x-api-key: ', 'authorization: Bearer', 'content-encoding: gzip', 'ce-id: %ff', 'ce-specversion: 1.0', 'cookie: a=b', 'range: bytes=0-') },
); // prettier-ignore

const rawRequest = fc
  .record({
    method: fc.constantFrom('POST', 'GET', 'PUT', 'OPTIONS', 'HEAD', 'DELETE', 'post', 'CONNECT', 'FOO', ''),
    path: fc.oneof(
      fc.constantFrom('', '/', '//', '/%', '/%00', '/../../etc/passwd', '?a=[', '/__proto__'),
      fc.webPath(),
    ),
    own: fc.boolean(),
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', ''),
    headers: fc.array(token, { maxLength: 8 }),
    body: fc.oneof(fc.string(), fc.json(), fc.constantFrom('5\r\n{"a":\r\n', 'zz\r\n', '0\r\n\r\n')),
  })
  .map(({ method, path, own, version, headers, body }) => {
    const target = own ? `${harness.path}${path}` : path;
    return Buffer.from(`${method} ${target} ${version}\r\nhost: x\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
  });

const CONTENT_TYPES = ['application/json', 'application/x-ndjson', 'application/cloudevents+json', 'application/cloudevents-batch+json', 'application/jsonl; charset=utf-16', 'text/plain', 'multipart/form-data; boundary=x', 'application/json;;;']; // prettier-ignore
const TAKEN = new Set([202, 207, 400, 404, 405, 413, 415, 422]);

async function stillWorks(): Promise<void> {
  const at = Date.now();
  const response = await harness.post(service.url, aReading(`after-${at}-${Math.random()}`, { at }));
  expect(response.status).toBe(202);
  expect(harness.fatal).toEqual([]);
}

describe('the door', () => {
  it('answers a body of anything with a 2xx or a 4xx, and says why', async () => {
    const reading = fc.dictionary(
      fc.oneof(fc.constantFrom('reading', 'region', 'at', 'price', 'note', '__proto__', 'constructor'), fc.string()),
      fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>('NSW', 0.5, 1e308, null)),
    );
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.oneof(reading, fc.array(reading), fc.jsonValue()).map((json) => Buffer.from(JSON.stringify(json))),
      fc.array(fc.oneof(reading, fc.jsonValue())).map((all) => Buffer.from(all.map((json) => JSON.stringify(json)).join('\n'))),
      fc.constantFrom('['.repeat(60_000), '{"a":'.repeat(10_000), `{"specversion":${'['.repeat(9_000)}${']'.repeat(9_000)}}`, '\ufeff{}', ' '.repeat(70_000), '').map((text) => Buffer.from(text)),
    ); // prettier-ignore
    const headers = fc.dictionary(fc.stringMatching(/^(ce-[a-z]{1,8}|traceparent|tracestate|x-[a-z]{1,5})$/), fc.stringMatching(/^[\x21-\x7e]{0,30}$/)); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(...CONTENT_TYPES), headers, async (bytes, type, given) => {
        const response = await fetch(`${service.url}${harness.path}`, {
          method: 'POST',
          headers: { ...given, 'content-type': type },
          body: bytes as unknown as string,
        });
        expect([type, response.status, TAKEN.has(response.status)]).toEqual([type, response.status, true]);
        const answer = (await response.json()) as { status?: number; detail?: string; results?: unknown[] };
        if (response.status >= 400)
          expect(answer).toMatchObject({ status: response.status, detail: expect.any(String) });
      }),
      { numRuns: 2 * RUNS },
    );
    await stillWorks();
  });

  it('answers what is hardly HTTP with a 4xx, or closes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rawRequest, { minLength: 8, maxLength: 8 }), async (requests) => {
        for (const statuses of await Promise.all(requests.map(send))) {
          // 501 and 505 are what HTTP has for methods and versions that a server does not know.
          for (const status of statuses) expect(status < 500 || status === 501 || status === 505).toBe(true);
        }
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
    await stillWorks();
  });

  it('holds no more memory after thousands of broken requests than after hundreds', async () => {
    const broken = [
      `POST ${harness.path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 40000\r\n\r\n${'['.repeat(39_000)}`,
      `POST ${harness.path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n5000\r\n${'x'.repeat(0x5000)}`,
      `GET /${'y'.repeat(20_000)} HTTP/1.1\r\n`,
    ].map((text) => Buffer.from(text));
    const round = async (): Promise<number> => {
      for (let turn = 0; turn < 10; turn++)
        await Promise.all(Array.from({ length: 60 }, (_, at) => send(broken[at % 3]!)));
      return heldMiB();
    };
    const first = await round();
    let last = first;
    for (let again = 0; again < 3; again++) last = await round();
    // 1,800 requests of 20 to 40 kB that were each kept would be 50 MiB and their objects.
    expect(last - first).toBeLessThan(24);
    await stillWorks();
  });
});
