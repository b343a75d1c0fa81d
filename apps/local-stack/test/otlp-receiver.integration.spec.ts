import type { ClickHouseClient } from '@clickhouse/client';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { eventually, stack, testClickHouseAsAnalyst, uniqueName } from '#platform/testing';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

let analyst: ClickHouseClient;
beforeAll(() => {
  analyst = testClickHouseAsAnalyst();
});
afterAll(() => analyst.close());

async function spansOf(traceId: string): Promise<Record<string, unknown>[]> {
  const query = 'SELECT * FROM otel.otel_traces WHERE TraceId = {traceId: String} ORDER BY Timestamp, SpanName';
  const answer = await analyst.query({ query, query_params: { traceId }, format: 'JSONEachRow' });
  return answer.json();
}

function jsonRequest(traceId: string, span: object = {}): object {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'json-sender' } }] };
  const spans = [
    {
      traceId,
      spanId: 'b7ad6b7169203331',
      name: 'by hand',
      kind: 4,
      startTimeUnixNano: '1763712000123456789',
      endTimeUnixNano: '1763712000123456999',
      ...span,
    },
  ];
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test' }, spans }] }] };
}

function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(stack().otlpEndpoint + path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

describe('OTLP receiver', () => {
  it('stores what the OpenTelemetry SDK exports', async () => {
    const serviceName = uniqueName('sdk-sender');
    const exporter = new OTLPTraceExporter({
      url: `${stack().otlpEndpoint}/v1/traces`,
      compression: CompressionAlgorithm.GZIP,
    });
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': serviceName }),
      spanProcessors: [new BatchSpanProcessor({ exporter })],
    });
    const tracer = provider.getTracer('eddyline', '1.0.0');
    const parent = tracer.startSpan('process loans.events', {
      kind: SpanKind.CONSUMER,
      attributes: { 'messaging.batch.message_count': 3, ratio: 0.5, tags: ['x', 'y'] },
    });
    const linked = tracer.startSpan('linked');
    const child = tracer.startSpan(
      'score',
      { links: [{ context: linked.spanContext() }] },
      trace.setSpan(context.active(), parent),
    );
    child.addEvent('retry', { attempt: 2 });
    child.setStatus({ code: SpanStatusCode.ERROR, message: 'broken' });
    child.end();
    linked.end();
    parent.end();
    await provider.forceFlush();
    await provider.shutdown();

    const { traceId, spanId } = parent.spanContext();
    const spans = await eventually(async () => {
      const found = await spansOf(traceId);
      expect(found).toHaveLength(2);
      return found;
    });
    const [stored, storedChild] = ['process loans.events', 'score'].map((name) =>
      spans.find((span) => span['SpanName'] === name),
    );
    expect(stored).toMatchObject({
      SpanId: spanId,
      ParentSpanId: '',
      SpanKind: 'Consumer',
      ServiceName: serviceName,
      ScopeName: 'eddyline',
      ScopeVersion: '1.0.0',
      StatusCode: 'Unset',
      SpanAttributes: { 'messaging.batch.message_count': '3', ratio: '0.5', tags: '["x","y"]' },
    });
    expect(storedChild).toMatchObject({
      ParentSpanId: spanId,
      SpanKind: 'Internal',
      StatusCode: 'Error',
      StatusMessage: 'broken',
      'Events.Name': ['retry'],
      'Events.Attributes': [{ attempt: '2' }],
      'Links.TraceId': [linked.spanContext().traceId],
      'Links.SpanId': [linked.spanContext().spanId],
    });
    const wallMs = Date.now() - Date.parse(`${String(stored?.['Timestamp']).replace(' ', 'T')}Z`);
    expect(wallMs).toBeGreaterThanOrEqual(0);
    expect(wallMs).toBeLessThan(60_000);
  });

  it.each(['identity', 'gzip'])('stores JSON with every digit of its times (%s)', async (coding) => {
    const traceId = randomBytes(16).toString('hex');
    const text = JSON.stringify(jsonRequest(traceId));
    const response = await post('/v1/traces', coding === 'gzip' ? gzipSync(text) : text, {
      'content-encoding': coding,
    });
    expect([response.status, await response.json()]).toEqual([200, {}]);
    const [span] = await eventually(async () => {
      const found = await spansOf(traceId);
      expect(found).toHaveLength(1);
      return found;
    });
    expect(span).toMatchObject({
      Timestamp: '2025-11-21 08:00:00.123456789',
      Duration: 210,
      SpanKind: 'Producer',
      ServiceName: 'json-sender',
    });
  });

  it('keeps when each trace began and ended', async () => {
    const traceId = randomBytes(16).toString('hex');
    await post('/v1/traces', JSON.stringify(jsonRequest(traceId)));
    await eventually(async () => {
      const query = 'SELECT min(Start) AS start FROM otel.otel_traces_trace_id_ts WHERE TraceId = {traceId: String}';
      const answer = await analyst.query({ query, query_params: { traceId }, format: 'JSONEachRow' });
      expect(await answer.json()).toEqual([{ start: '2025-11-21 08:00:00' }]);
    });
  });

  it('tells the sender of spans that it cannot keep', async () => {
    const response = await post('/v1/traces', JSON.stringify(jsonRequest('not an id')));
    expect([response.status, await response.json()]).toMatchObject([200, { partialSuccess: { rejectedSpans: 1 } }]);
  });

  it.each(['/v1/metrics', '/v1/logs'])('takes and drops %s', async (path) => {
    const json = await post(path, '{}');
    expect([json.status, await json.json()]).toEqual([200, {}]);
    const protobuf = await post(path, new Uint8Array(), { 'content-type': 'application/x-protobuf' });
    expect([protobuf.status, (await protobuf.arrayBuffer()).byteLength]).toEqual([200, 0]);
  });

  it.each<[string, string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number]>([
    ['a body that is cut short', '/v1/traces', '{"resourceSpans":[', {}, 400],
    [
      'a time that is no number',
      '/v1/traces',
      JSON.stringify(jsonRequest(randomBytes(16).toString('hex'), { startTimeUnixNano: 1.5 })),
      {},
      400,
    ],
    ['protobuf that is none', '/v1/traces', 'hello', { 'content-type': 'application/x-protobuf' }, 400],
    ['gzip that is none', '/v1/traces', '{}', { 'content-encoding': 'gzip' }, 400],
    ['a coding that it does not know', '/v1/traces', '{}', { 'content-encoding': 'br' }, 415],
    ['a content type that it does not know', '/v1/traces', '{}', { 'content-type': 'text/plain' }, 415],
    ['a path that it does not have', '/v2/traces', '{}', {}, 404],
    [
      'gzip that unpacks to too much',
      '/v1/traces',
      gzipSync(Buffer.alloc(17 * 1024 * 1024)),
      { 'content-encoding': 'gzip' },
      413,
    ],
  ])('refuses %s', async (_, path, body, headers, status) => {
    expect((await post(path, body, headers)).status).toBe(status);
  });
});
