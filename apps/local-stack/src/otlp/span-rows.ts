import { attributeMap } from './attribute-text.js';
import type { Id, Int64, OtlpSpan, TraceRequest } from './trace-request.js';

/** A row of the Collector's `otel_traces`; times are `seconds.nanoseconds` in text, which DateTime64(9) reads exactly. */
export interface SpanRow {
  readonly Timestamp: string;
  readonly TraceId: string;
  readonly SpanId: string;
  readonly ParentSpanId: string;
  readonly TraceState: string;
  readonly SpanName: string;
  readonly SpanKind: string;
  readonly ServiceName: string;
  readonly ResourceAttributes: Readonly<Record<string, string>>;
  readonly ScopeName: string;
  readonly ScopeVersion: string;
  readonly SpanAttributes: Readonly<Record<string, string>>;
  /** Nanoseconds. */
  readonly Duration: string;
  readonly StatusCode: string;
  readonly StatusMessage: string;
  readonly 'Events.Timestamp': readonly string[];
  readonly 'Events.Name': readonly string[];
  readonly 'Events.Attributes': readonly Readonly<Record<string, string>>[];
  readonly 'Links.TraceId': readonly string[];
  readonly 'Links.SpanId': readonly string[];
  readonly 'Links.TraceState': readonly string[];
  readonly 'Links.Attributes': readonly Readonly<Record<string, string>>[];
}

export interface SpanRows {
  readonly rows: readonly SpanRow[];
  /** Spans without a usable trace or span id: they could never be found again, and the sender is told. */
  readonly rejectedSpans: number;
}

/** Spelled as the Collector's exporter spells them, in the order of the protocol's numbers. */
const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const STATUSES = ['Unset', 'Ok', 'Error'];

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** Rows of all spans of a request. @throws SyntaxError or TypeError where a number or a list is none. */
export function spanRows(request: TraceRequest): SpanRows {
  const rows: SpanRow[] = [];
  let rejectedSpans = 0;
  for (const { resource, scopeSpans } of request.resourceSpans ?? []) {
    const resourceAttributes = attributeMap(resource?.attributes);
    for (const { scope, spans } of scopeSpans ?? []) {
      const shared = {
        ServiceName: resourceAttributes['service.name'] ?? '',
        ResourceAttributes: resourceAttributes,
        ScopeName: scope?.name ?? '',
        ScopeVersion: scope?.version ?? '',
      };
      for (const span of spans ?? []) {
        const row = spanRow(span, shared);
        if (row) rows.push(row);
        else rejectedSpans++;
      }
    }
  }
  return { rows, rejectedSpans };
}

type SharedColumns = Pick<SpanRow, 'ServiceName' | 'ResourceAttributes' | 'ScopeName' | 'ScopeVersion'>;

function spanRow(span: OtlpSpan, shared: SharedColumns): SpanRow | undefined {
  const traceId = hexId(span.traceId, TRACE_ID_BYTES);
  const spanId = hexId(span.spanId, SPAN_ID_BYTES);
  if (!traceId || !spanId) return undefined;
  const start = nanos(span.startTimeUnixNano);
  const duration = nanos(span.endTimeUnixNano) - start;
  const events = span.events ?? [];
  const links = span.links ?? [];
  return {
    Timestamp: secondsText(start),
    TraceId: traceId,
    SpanId: spanId,
    ParentSpanId: hexId(span.parentSpanId, SPAN_ID_BYTES),
    TraceState: span.traceState ?? '',
    SpanName: span.name ?? '',
    SpanKind: named(KINDS, span.kind, 'SPAN_KIND_'),
    ...shared,
    SpanAttributes: attributeMap(span.attributes),
    Duration: String(duration > 0n ? duration : 0n), // the column is unsigned; clocks step back
    StatusCode: named(STATUSES, span.status?.code, 'STATUS_CODE_'),
    StatusMessage: span.status?.message ?? '',
    'Events.Timestamp': events.map((event) => secondsText(nanos(event.timeUnixNano))),
    'Events.Name': events.map((event) => event.name ?? ''),
    'Events.Attributes': events.map((event) => attributeMap(event.attributes)),
    'Links.TraceId': links.map((link) => hexId(link.traceId, TRACE_ID_BYTES)),
    'Links.SpanId': links.map((link) => hexId(link.spanId, SPAN_ID_BYTES)),
    'Links.TraceState': links.map((link) => link.traceState ?? ''),
    'Links.Attributes': links.map((link) => attributeMap(link.attributes)),
  };
}

/** Lower-case hex; empty for an id that is missing, of the wrong length, or all zeros (W3C: invalid). */
function hexId(id: Id | null | undefined, sizeBytes: number): string {
  const hex = typeof id === 'string' ? id.toLowerCase() : Buffer.from(id ?? []).toString('hex');
  const isValid = hex.length === sizeBytes * 2 && /^[0-9a-f]+$/.test(hex) && !/^0+$/.test(hex);
  return isValid ? hex : '';
}

function nanos(time: Int64 | null | undefined): bigint {
  return BigInt(time ?? 0);
}

function secondsText(time: bigint): string {
  return `${time / 1_000_000_000n}.${String(time % 1_000_000_000n).padStart(9, '0')}`;
}

/** JSON senders write an enum as its number or, though the protocol says otherwise, as its name. */
function named(names: readonly string[], value: number | string | null | undefined, prefix: string): string {
  const index =
    typeof value === 'string' && value.startsWith(prefix)
      ? names.findIndex((name) => name.toUpperCase() === value.slice(prefix.length))
      : Number(value ?? 0);
  return names[index] ?? names[0]!;
}
