import type { ProblemDetails } from '#platform/service';

/** Context attributes of a CloudEvent (specification 1.0), checked. */
export interface CloudAttributes {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** RFC 3339, as sent. */
  readonly time?: string;
  /** Distributed tracing extension: the trace of what it tells of, itself, which may differ from the request's. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Other extension attributes by name. */
  readonly extensions: Readonly<Record<string, string>>;
}

/** What comes through a door, as its senders call it. */
export type Subject = 'event' | 'label';

/** An event or label as it came through the door: known to be JSON and nothing more. */
export interface Candidate {
  readonly data: unknown;
  /** Null: it came as plain JSON. */
  readonly attributes: CloudAttributes | null;
}

export type Reading =
  { readonly ok: true; readonly candidate: Candidate } | { readonly ok: false; readonly problem: ProblemDetails };

/** Where in the request an event or label stood: `index` of an array, `line` of NDJSON counted from 1. */
export type Place = { readonly index: number } | { readonly line: number };
