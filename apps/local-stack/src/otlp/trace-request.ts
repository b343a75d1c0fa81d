/**
 * An OTLP trace request as its JSON encoding says it, which is also what the protobuf decoder makes. Everything is
 * optional, as it is on the wire. 64-bit numbers are text or numbers; ids are hex text (JSON) or bytes (protobuf).
 */
export interface TraceRequest {
  readonly resourceSpans?: readonly ResourceSpans[] | null;
}

export interface ResourceSpans {
  readonly resource?: { readonly attributes?: readonly KeyValue[] | null } | null;
  readonly scopeSpans?: readonly ScopeSpans[] | null;
}

export interface ScopeSpans {
  readonly scope?: { readonly name?: string | null; readonly version?: string | null } | null;
  readonly spans?: readonly OtlpSpan[] | null;
}

export type Id = string | Uint8Array;
export type Int64 = string | number;

export interface OtlpSpan {
  readonly traceId?: Id | null;
  readonly spanId?: Id | null;
  readonly parentSpanId?: Id | null;
  readonly traceState?: string | null;
  readonly name?: string | null;
  readonly kind?: number | string | null;
  readonly startTimeUnixNano?: Int64 | null;
  readonly endTimeUnixNano?: Int64 | null;
  readonly attributes?: readonly KeyValue[] | null;
  readonly events?: readonly OtlpEvent[] | null;
  readonly links?: readonly OtlpLink[] | null;
  readonly status?: { readonly code?: number | string | null; readonly message?: string | null } | null;
}

export interface OtlpEvent {
  readonly timeUnixNano?: Int64 | null;
  readonly name?: string | null;
  readonly attributes?: readonly KeyValue[] | null;
}

export interface OtlpLink {
  readonly traceId?: Id | null;
  readonly spanId?: Id | null;
  readonly traceState?: string | null;
  readonly attributes?: readonly KeyValue[] | null;
}

export interface KeyValue {
  readonly key?: string | null;
  readonly value?: AnyValue | null;
}

export interface AnyValue {
  readonly stringValue?: string | null;
  readonly boolValue?: boolean | null;
  readonly intValue?: Int64 | null;
  readonly doubleValue?: number | string | null;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] | null } | null;
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] | null } | null;
  /** Base64 in JSON. */
  readonly bytesValue?: string | Uint8Array | null;
}
