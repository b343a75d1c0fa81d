import { gzipSync } from 'node:zlib';
import { attributeText } from './attribute-text.js';
import { spanRows } from './span-rows.js';
import { decodeTraceRequest, encodeTraceResponse } from './trace-codec.js';
import type { OtlpSpan, TraceRequest } from './trace-request.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';

function aRequest(span: OtlpSpan): TraceRequest {
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'inference' } }] },
        scopeSpans: [
          { scope: { name: 'scope', version: '1.2' }, spans: [{ traceId: TRACE_ID, spanId: SPAN_ID, ...span }] },
        ],
      },
    ],
  };
}

function rowOf(span: OtlpSpan): ReturnType<typeof spanRows>['rows'][number] {
  return spanRows(aRequest(span)).rows[0]!;
}

describe('spanRows', () => {
  it('fills every column', () => {
    const row = rowOf({
      parentSpanId: '00f067aa0ba902b7',
      traceState: 'a=b',
      name: 'process loans.events',
      kind: 5,
      startTimeUnixNano: '1763712000123456789',
      endTimeUnixNano: '1763712000125000000',
      attributes: [{ key: 'messaging.batch.message_count', value: { intValue: '12' } }],
      events: [
        { timeUnixNano: '1763712000124000001', name: 'retry', attributes: [{ key: 'n', value: { intValue: 1 } }] },
      ],
      links: [{ traceId: TRACE_ID, spanId: SPAN_ID, traceState: '', attributes: [] }],
      status: { code: 2, message: 'broken' },
    });
    expect(row).toEqual({
      Timestamp: '1763712000.123456789',
      TraceId: TRACE_ID,
      SpanId: SPAN_ID,
      ParentSpanId: '00f067aa0ba902b7',
      TraceState: 'a=b',
      SpanName: 'process loans.events',
      SpanKind: 'Consumer',
      ServiceName: 'inference',
      ResourceAttributes: { 'service.name': 'inference' },
      ScopeName: 'scope',
      ScopeVersion: '1.2',
      SpanAttributes: { 'messaging.batch.message_count': '12' },
      Duration: '1543211',
      StatusCode: 'Error',
      StatusMessage: 'broken',
      'Events.Timestamp': ['1763712000.124000001'],
      'Events.Name': ['retry'],
      'Events.Attributes': [{ n: '1' }],
      'Links.TraceId': [TRACE_ID],
      'Links.SpanId': [SPAN_ID],
      'Links.TraceState': [''],
      'Links.Attributes': [{}],
    });
  });

  it('takes what is missing as unset', () => {
    expect(rowOf({})).toMatchObject({
      SpanKind: 'Unspecified',
      StatusCode: 'Unset',
      ParentSpanId: '',
      Duration: '0',
      'Events.Name': [],
    });
  });

  it.each([
    ['SPAN_KIND_SERVER', 'Server'],
    [3, 'Client'],
    [99, 'Unspecified'],
  ])('names kind %s %s', (kind, name) => {
    expect(rowOf({ kind }).SpanKind).toBe(name);
  });

  it('has no negative duration', () => {
    expect(rowOf({ startTimeUnixNano: '200', endTimeUnixNano: '100' }).Duration).toBe('0');
  });

  it.each(['', 'abc', '0'.repeat(32), 'g'.repeat(32)])('refuses the trace id %j', (traceId) => {
    expect(spanRows(aRequest({ traceId }))).toEqual({ rows: [], rejectedSpans: 1 });
  });

  it('lowers the case of ids', () => {
    expect(rowOf({ traceId: TRACE_ID.toUpperCase() }).TraceId).toBe(TRACE_ID);
  });
});

describe('attributeText', () => {
  it.each([
    [{ stringValue: 'a' }, 'a'],
    [{ stringValue: '' }, ''],
    [{ boolValue: false }, 'false'],
    [{ intValue: '9223372036854775807' }, '9223372036854775807'],
    [{ doubleValue: 0.5 }, '0.5'],
    [{ bytesValue: new Uint8Array([1, 2, 255]) }, 'AQL/'],
    [{ bytesValue: 'AQL/' }, 'AQL/'],
    [{ arrayValue: { values: [{ stringValue: 'a' }, { intValue: 2 }, { boolValue: true }] } }, '["a",2,true]'],
    [{ kvlistValue: { values: [{ key: 'k', value: { arrayValue: { values: [] } } }] } }, '{"k":[]}'],
    [{ arrayValue: { values: [{ intValue: '9007199254740993' }] } }, '["9007199254740993"]'],
    [{}, ''],
    [null, ''],
  ])('of %j is %j', (value, text) => {
    expect(attributeText(value)).toBe(text);
  });
});

describe('decodeTraceRequest', () => {
  /** Written by hand from the protocol's field numbers: a trace id, a span id, a name, a start time and an int attribute. */
  const span = Buffer.concat([
    Buffer.from([0x0a, 16]),
    Buffer.from(TRACE_ID, 'hex'),
    Buffer.from([0x12, 8]),
    Buffer.from(SPAN_ID, 'hex'),
    Buffer.from([0x2a, 2]),
    Buffer.from('ab'),
    Buffer.from([0x30, 2]),
    Buffer.from([0x39]),
    nanosLittleEndian(1763712000123456789n),
    Buffer.from([0x4a, 7, 0x0a, 1, 0x6e, 0x12, 2, 0x18, 5]),
    Buffer.from([0x85, 0x01, 0, 0, 0, 0]), // flags = 16: a field that is not stored
  ]);
  const scopeSpans = Buffer.concat([Buffer.from([0x12, span.length]), span]);
  const resourceSpans = Buffer.concat([Buffer.from([0x12, scopeSpans.length]), scopeSpans]);
  const request = Buffer.concat([Buffer.from([0x0a, resourceSpans.length]), resourceSpans]);

  it('reads protobuf with every digit of the time', () => {
    const { rows } = spanRows(decodeTraceRequest(request, 'application/x-protobuf'));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      TraceId: TRACE_ID,
      SpanId: SPAN_ID,
      SpanName: 'ab',
      SpanKind: 'Server',
      Timestamp: '1763712000.123456789',
      SpanAttributes: { n: '5' },
    });
  });

  it.each([
    ['protobuf that is cut short', request.subarray(0, 30), 'application/x-protobuf'],
    ['gzip that nobody unpacked', gzipSync(request), 'application/x-protobuf'],
    ['JSON that is cut short', Buffer.from('{"resourceSpans":['), 'application/json'],
    ['a JSON list', Buffer.from('[]'), 'application/json'],
  ] as const)('refuses %s', (_, body, encoding) => {
    expect(() => decodeTraceRequest(body, encoding)).toThrow(/not an OTLP trace request/);
  });

  it('tells how many spans were refused', () => {
    expect(encodeTraceResponse(0, 'application/x-protobuf')).toHaveLength(0);
    expect(JSON.parse(encodeTraceResponse(3, 'application/json').toString())).toMatchObject({
      partialSuccess: { rejectedSpans: 3 },
    });
  });
});

function nanosLittleEndian(time: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(time);
  return bytes;
}
