import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { RunningService } from '#platform/service';
import { eventually } from '#platform/testing';
import { aReading, closeTelemetry, IngestionHarness } from './ingestion-harness.js';

const KIB = 1_024;

let harness: IngestionHarness;
let service: RunningService;
const sockets: Socket[] = [];

beforeAll(async () => {
  harness = new IngestionHarness();
  service = await harness.start({
    EDDYLINE_MAX_BODY: '96KiB',
    EDDYLINE_MAX_IN_FLIGHT: '128KiB',
    EDDYLINE_MAX_IN_FLIGHT_REQUESTS: '3',
    EDDYLINE_REQUEST_TIMEOUT: '4s',
  });
  await service.ready;
  await harness.applyAndWait(service);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await eventually(async () => expect(await held()).toEqual({ bytes: 0, requests: 0 }));
});

afterAll(async () => {
  await harness.close();
  await closeTelemetry();
});

/** A request by hand, so that its body may come slowly, partly or never. */
class RawRequest {
  private text = '';
  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.text += chunk.toString())).on('error', () => undefined);
  }

  static async open(...headers: readonly string[]): Promise<RawRequest> {
    // Half open: this sender goes on sending when the other side has said all that it has to say.
    const socket = connect({ port: service.port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    await once(socket, 'connect');
    const request = new RawRequest(socket);
    const head = [`POST ${harness.path} HTTP/1.1`, 'host: door', 'content-type: application/x-ndjson', ...headers];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    return request;
  }

  /** What has come, once it holds `part`. */
  answer(part = '\r\n\r\n{'): Promise<string> {
    return eventually(() => {
      if (!this.text.includes(part)) throw new Error(`no ${JSON.stringify(part)} yet in ${JSON.stringify(this.text)}`);
      return this.text;
    });
  }
}

const lengthOf = (bytes: number): string => `content-length: ${bytes}`;
const post = (body: unknown) => harness.post(service.url, body);
const lines = (name: string, count: number): string =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify(aReading(`${name}-${n}`))}\n`).join('');

async function metricsText(): Promise<string> {
  return (await fetch(`${service.url}/metrics`)).text();
}

async function held(): Promise<{ bytes: number; requests: number }> {
  const text = await metricsText();
  const of = (name: string): number =>
    Number(new RegExp(`^${name}(?:\\{\\})? (\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  return { bytes: of('eddyline_http_in_flight'), requests: of('eddyline_http_requests') };
}

async function untilHeld(bytes: number): Promise<void> {
  await eventually(async () => expect((await held()).bytes).toBe(bytes));
}

describe('bodies under way', () => {
  it('count by their length before they come; beyond the limit 429 with Retry-After; probes and metrics are answered', async () => {
    const slow = await RawRequest.open(lengthOf(90 * KIB));
    await untilHeld(90 * KIB);
    const refused = await post(aReading('refused', { note: 'x'.repeat(60 * KIB) }));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(refused.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await refused.json()).toMatchObject({
      type: 'urn:eddyline:problem:overloaded',
      status: 429,
      bound: 'bytes',
    });
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect(await metricsText()).toMatch(/eddyline_http_shed_total\{[^}]*reason="bytes"[^}]*\} [1-9]/);

    // Where there is room, it is taken; and what was admitted is served to its end.
    expect((await post(aReading('beside'))).status).toBe(202);
    const text = lines('slow', 10);
    slow.socket.write(text + ' '.repeat(90 * KIB - text.length));
    expect(await slow.answer()).toContain('HTTP/1.1 202 Accepted');
    await untilHeld(0);
    expect((await post(aReading('after'))).status).toBe(202);
  });

  it('are refused unread: the answer arrives although the sender has much more to send', async () => {
    await RawRequest.open(lengthOf(90 * KIB));
    await untilHeld(90 * KIB);
    const refused = await RawRequest.open(lengthOf(80 * KIB));
    expect(await refused.answer()).toMatch(/^HTTP\/1.1 429 .*connection: close/is);
    // The connection is still there to take what the sender had sent before it read the answer.
    const closed = once(refused.socket, 'close');
    refused.socket.end('x'.repeat(70 * KIB));
    await closed;
    expect(refused.socket.errored).toBeNull();
  });

  it('are not asked for when they would be refused', async () => {
    await RawRequest.open(lengthOf(90 * KIB));
    await untilHeld(90 * KIB);
    const refused = await RawRequest.open(lengthOf(80 * KIB), 'expect: 100-continue');
    expect(await refused.answer()).toMatch(/^HTTP\/1.1 429 /);
    const polite = await RawRequest.open(lengthOf(10), 'expect: 100-continue');
    expect(await polite.answer('100')).toMatch(/^HTTP\/1.1 100 Continue/);
  });

  it('of unknown length count as they come, and what was published until then is told', async () => {
    await RawRequest.open(lengthOf(90 * KIB));
    await untilHeld(90 * KIB);
    const text = lines('chunked', 550);
    const chunked = await RawRequest.open('transfer-encoding: chunked');
    for (let at = 0; at < text.length; at += 8 * KIB) {
      const part = text.slice(at, at + 8 * KIB);
      chunked.socket.write(`${part.length.toString(16)}\r\n${part}\r\n`);
    }
    const answer = await chunked.answer('"traceId"');
    expect(answer).toMatch(/^HTTP\/1.1 429 .*retry-after: \d+.*connection: close/is);
    const { accepted, results } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as {
      accepted: number;
      results: { status: number; id: string }[];
    };
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(550);
    const stored = (await harness.stored()).map(({ value }) => String(value['reading']));
    const ids = results.filter(({ status }) => status === 202).map(({ id }) => id);
    expect(stored.filter((id) => id.startsWith('chunked-'))).toEqual(ids);
  });

  it('of senders that go away are no longer counted', async () => {
    const left = await Promise.all([
      RawRequest.open(lengthOf(40 * KIB)),
      RawRequest.open('transfer-encoding: chunked'),
    ]);
    await untilHeld(40 * KIB);
    for (const { socket } of left) socket.destroy();
    await untilHeld(0);
  });

  it('that are longer than any may be are refused as such, and count nothing', async () => {
    const request = await RawRequest.open(lengthOf(1 << 30));
    expect(await request.answer()).toMatch(/^HTTP\/1.1 413 .*connection: close/is);
  });

  it('that go on beyond the limit of one are answered, however much there is', async () => {
    const text = lines('endless', 3_000);
    const request = await RawRequest.open('transfer-encoding: chunked');
    request.socket.write(`${text.length.toString(16)}\r\n${text}\r\n`);
    expect(await request.answer('"traceId"')).toMatch(/^HTTP\/1.1 413 .*"body_too_large|body_too_large"/is);
  });

  it('that do not come in time are answered with 408', async () => {
    const request = await RawRequest.open(lengthOf(10));
    expect(await request.answer()).toMatch(/^HTTP\/1.1 408 .*application\/problem\+json.*request_timeout/is);
  });
});

describe('requests under way', () => {
  it('are bounded in number, however small they are', async () => {
    for (let n = 0; n < 3; n++) await RawRequest.open(lengthOf(1));
    await eventually(async () => expect((await held()).requests).toBe(3));
    const refused = await post(aReading('fourth'));
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ bound: 'requests' });
  });
});
