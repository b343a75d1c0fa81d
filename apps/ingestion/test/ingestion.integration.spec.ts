import { createHash } from 'node:crypto';
import type { RunningService } from '#platform/service';
import { eventually } from '#platform/testing';
import { aReading, closeTelemetry, IngestionHarness } from './ingestion-harness.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

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

const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  harness.post(service.url, body, { headers });
const idsStored = async () => (await harness.stored()).map(({ value }) => value['reading']);

async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  return (await response.json()) as Record<string, unknown> & { errors?: readonly Record<string, unknown>[] };
}

describe('one event', () => {
  it('is on its topic, as an upstream would have written it, when 202 comes', async () => {
    const response = await post(aReading('one-1', { at: '2030-01-01T00:00:00Z', region: 'VIC' }), {});
    // Two minutes ahead are too many; so this one is refused, and the next is not.
    expect(response.status).toBe(422);
    const at = Date.now();
    const accepted = await post(aReading('one-2', { at, region: 'VIC' }));
    expect(accepted.status).toBe(202);
    expect(await accepted.json()).toEqual({ status: 202, pipeline: harness.definition.name, id: 'one-2' });
    const record = (await harness.stored()).find(({ value }) => value['reading'] === 'one-2');
    expect(record).toEqual({
      key: 'VIC',
      value: { reading: 'one-2', region: 'VIC', at, price: 0.5, note: null },
      headers: {
        ce_specversion: '1.0',
        ce_id: 'one-2',
        ce_type: `eddyline.${harness.definition.name}.event`,
        ce_source: 'urn:eddyline:ingestion',
        ce_time: new Date(at).toISOString(),
      },
    });
  });

  it("continues the caller's trace up to the record", async () => {
    await post(aReading('traced'), { traceparent: `00-${TRACE}-${SPAN}-01` });
    const record = (await harness.stored()).find(({ value }) => value['reading'] === 'traced');
    const [request, send] = await eventually(() => {
      const found = harness.finishedSpans(TRACE);
      const server = found.find(({ name }) => name === 'POST /v1/pipelines/:pipeline/events');
      const producer = found.find(({ name }) => name === `send ${harness.topic}`);
      if (server === undefined || producer === undefined) throw new Error('spans are missing');
      return [server, producer] as const;
    });
    expect(request.parentSpanContext?.spanId).toBe(SPAN);
    expect(send.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(record?.headers['traceparent']).toBe(`00-${TRACE}-${send.spanContext().spanId}-01`);
  });

  it('is refused with everything that does not fit its schema', async () => {
    const response = await post({ reading: 7, region: null, price: 'x', at: '2026-01-01T00:00:00', nots: '' });
    expect(response.status).toBe(422);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ type: 'urn:eddyline:problem:invalid_event', status: 422 });
    expect(problem.errors?.map(({ pointer, code }) => `${pointer as string} ${code as string}`)).toEqual([
      '/reading type',
      '/region null_value',
      '/at type',
      '/price type',
      '/nots unknown_field',
    ]);
  });

  it('is refused where validation would quarantine it, and accepted where it would flag it', async () => {
    const response = await post(aReading('bad', { price: 1.5 }));
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toMatchObject({
      type: 'urn:eddyline:problem:range',
      errors: [{ pointer: '/price', code: 'range', expectation: 'price.range' }],
    });
    expect((await post(aReading('flagged', { region: 'XYZ' }))).status).toBe(202);
  });

  it('is refused when its record is too large, with the limit', async () => {
    const response = await post(aReading('large', { note: 'x'.repeat(5_000) }));
    expect(response.status).toBe(413);
    expect(await problemOf(response)).toMatchObject({ type: 'urn:eddyline:problem:too_large', limitBytes: 4_096 });
  });

  it('is refused when it is later than validation takes', async () => {
    const watermarkMs = Date.now();
    await harness.commitWatermark(watermarkMs);
    const late = aReading('late', { at: watermarkMs - 2 * 3_600_000 });
    const response = await eventually(async () => {
      const answer = await post(late);
      expect(answer.status).toBe(422);
      return answer;
    });
    expect(await problemOf(response)).toMatchObject({
      type: 'urn:eddyline:problem:late',
      errors: [{ pointer: '/at' }],
    });
  });
});

describe('a body that cannot be read', () => {
  it.each([
    ['broken JSON', '{"reading": "a",}', 400, 'invalid_json'],
    ['NaN, which JSON has not', '{"price": NaN}', 400, 'invalid_json'],
    ['nothing', '', 400, 'empty_body'],
    ['a number', '7', 422, 'type'],
    ['more than the limit', JSON.stringify({ note: 'x'.repeat(70_000) }), 413, 'body_too_large'],
  ])('%s', async (_what, body, status, code) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ type: `urn:eddyline:problem:${code}`, status });
  });

  it('names the position of a fault in JSON', async () => {
    const problem = await problemOf(await post('{"reading": x}'));
    expect(problem).toMatchObject({
      detail: "The body is not valid JSON at line 1, column 13: Unexpected token 'x'.",
      position: 12,
    });
  });

  it('names the media types that are taken', async () => {
    const response = await post('a,b', { 'content-type': 'text/csv' });
    expect(response.status).toBe(415);
    expect((await problemOf(response))['type']).toBe('urn:eddyline:problem:unsupported_media_type');
  });

  it('names the pipelines that there are', async () => {
    const response = await harness.post(service.url, {}, { path: '/v1/pipelines/nope/events' });
    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({ pipelines: [harness.definition.name] });
  });
});

describe('several events', () => {
  it('are all accepted', async () => {
    const response = await post([aReading('many-1'), aReading('many-2')]);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      accepted: 2,
      refused: 0,
      results: [
        { index: 0, status: 202, id: 'many-1' },
        { index: 1, status: 202, id: 'many-2' },
      ],
    });
  });

  it('each have a status of their own when not', async () => {
    const response = await post([aReading('some-1'), aReading('some-2', { price: -1 }), 'x']);
    expect(response.status).toBe(207);
    const { accepted, refused, results } = (await response.json()) as {
      accepted: number;
      refused: number;
      results: object[];
    };
    expect([accepted, refused]).toEqual([1, 2]);
    expect(results).toMatchObject([
      { index: 0, status: 202, id: 'some-1' },
      { index: 1, status: 422, problem: { type: 'urn:eddyline:problem:range' } },
      { index: 2, status: 422, problem: { type: 'urn:eddyline:problem:type' } },
    ]);
    expect(await idsStored()).not.toContain('some-2');
  });

  it('come as lines, which need not all be well', async () => {
    const lines = [
      '\ufeff' + JSON.stringify(aReading('line-1')),
      '',
      '{"reading":',
      `${JSON.stringify(aReading('line-4'))}\r`,
    ];
    const response = await post(lines.join('\n'), { 'content-type': 'application/x-ndjson' });
    expect(response.status).toBe(207);
    const { results } = (await response.json()) as { results: object[] };
    expect(results).toMatchObject([
      { line: 1, status: 202, id: 'line-1' },
      { line: 3, status: 400, problem: { type: 'urn:eddyline:problem:invalid_json' } },
      { line: 4, status: 202, id: 'line-4' },
    ]);
  });

  it('fail as a whole when none can be read', async () => {
    const response = await post('a\nb', { 'content-type': 'application/x-ndjson' });
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ type: 'urn:eddyline:problem:no_readable_event', refused: 2 });
    expect((await post([])).status).toBe(400);
  });

  it('are published up to where the body grows beyond its limit, and the answer says which', async () => {
    const lines = Array.from({ length: 2_000 }, (_, number) => `${JSON.stringify(aReading(`endless-${number}`))}\n`);
    const stream = new ReadableStream({
      start(controller) {
        for (const line of lines) controller.enqueue(Buffer.from(line));
        controller.close();
      },
    });
    const response = await post(stream, { 'content-type': 'application/x-ndjson' });
    expect(response.status).toBe(413);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ type: 'urn:eddyline:problem:body_too_large', limitBytes: 65_536 });
    const stored = (await idsStored()).filter((id) => String(id).startsWith('endless-'));
    expect(problem['accepted']).toBe(stored.length);
    expect(stored.length).toBeGreaterThan(0);
    expect(stored.length).toBeLessThan(2_000);
  });
});

describe('CloudEvents', () => {
  const event = (id: string, data: unknown = aReading(id)) => ({
    specversion: '1.0',
    id: `ce-${id}`,
    source: '/meters/7',
    type: 'grid.reading',
    time: '2026-11-21T07:00:00Z',
    meterkind: 'smart',
    data,
  });
  const headersOf = async (reading: string) =>
    (await harness.stored()).find(({ value }) => value['reading'] === reading)?.headers;

  it('come in binary mode', async () => {
    const response = await post(aReading('binary'), {
      'ce-specversion': '1.0',
      'ce-id': 'ce%20binary',
      'ce-source': '/meters/7',
      'ce-type': 'grid.reading',
      'ce-meterkind': 'smart',
    });
    expect(response.status).toBe(202);
    expect(await headersOf('binary')).toMatchObject({
      ce_id: 'ce binary',
      ce_source: '/meters/7',
      ce_type: 'grid.reading',
      ce_meterkind: 'smart',
    });
  });

  it('come in structured mode, with a trace of their own', async () => {
    const traceparent = `00-${TRACE.replace('0a', '1b')}-${SPAN}-01`;
    const response = await post(
      { ...event('structured'), traceparent },
      { 'content-type': 'application/cloudevents+json' },
    );
    expect(response.status).toBe(202);
    const headers = await headersOf('structured');
    expect(headers).toMatchObject({ ce_id: 'ce-structured', ce_time: '2026-11-21T07:00:00Z', ce_meterkind: 'smart' });
    expect(headers?.['traceparent']).toMatch(`00-${TRACE.replace('0a', '1b')}-`);
  });

  it('lend id and time to data that has none', async () => {
    const { reading: _id, at: _at, ...data } = aReading('');
    const time = new Date().toISOString();
    const response = await post({ ...event('lent', data), time }, { 'content-type': 'application/cloudevents+json' });
    expect(response.status).toBe(202);
    const record = (await harness.stored()).find(({ value }) => value['reading'] === 'ce-lent');
    expect(record?.value['at']).toBe(Date.parse(time));
  });

  it('come in batches', async () => {
    const { source: _, ...incomplete } = event('batch-2');
    const response = await post([event('batch-1'), incomplete], {
      'content-type': 'application/cloudevents-batch+json',
    });
    expect(response.status).toBe(207);
    const { results } = (await response.json()) as { results: object[] };
    expect(results).toMatchObject([
      { index: 0, status: 202 },
      { index: 1, status: 400, problem: { errors: [{ pointer: '/1/source', code: 'missing_field' }] } },
    ]);
  });
});

describe('around the events', () => {
  it('says that it is well, and what it takes', async () => {
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toContain(
      `eddyline_ingestion_events_total{pipeline="${harness.definition.name}",outcome="refused",reason="range"}`,
    );
    expect(metrics).toContain('nodejs_eventloop_delay');
    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
      components: { schemas: Record<string, { required: string[] }> };
    };
    const schema = document.components.schemas[`event-${harness.definition.name}`];
    expect(schema?.required).toEqual(['reading', 'region', 'at', 'price']);
    expect(await (await fetch(`${service.url}/docs`)).text()).toContain('swagger-ui');
  });

  it('asks for a key where keys are set', async () => {
    const sha256 = createHash('sha256').update('secret').digest('hex');
    const guarded = await harness.start({ EDDYLINE_API_KEYS: `tests=${sha256}` });
    await guarded.ready;
    const ask = (headers: Readonly<Record<string, string>>) => harness.post(guarded.url, aReading('key'), { headers });
    const refused = await ask({});
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('Bearer');
    expect((await ask({ 'x-api-key': 'wrong' })).status).toBe(401);
    expect((await ask({ 'x-api-key': 'secret' })).status).toBe(202);
    expect((await ask({ authorization: 'Bearer secret' })).status).toBe(202);
    expect((await fetch(`${guarded.url}/health/live`)).status).toBe(200);
  });

  it('waits for what is away, alive and not ready, and says for what', async () => {
    const waiting = await harness.start({ KAFKA_BROKERS: '127.0.0.1:1' });
    const ready = await eventually(async () => {
      const response = await fetch(`${waiting.url}/health/ready`);
      const problem = await problemOf(response);
      expect(problem['detail']).toContain('waiting for Kafka at 127.0.0.1:1: ');
      return response;
    });
    expect(ready.status).toBe(503);
    expect((await fetch(`${waiting.url}/health/live`)).status).toBe(200);
    const early = await harness.post(waiting.url, aReading('early'));
    expect(early.status).toBe(503);
    expect(early.headers.get('retry-after')).toBe('5');
    await waiting.close();
    expect(harness.fatal).toEqual([]);
  });
});
