import { randomBytes } from 'node:crypto';
import type { TestPipeline } from './test-pipeline.js';

export interface Span {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
  readonly spanId: string;
  readonly parentId: string;
}

/** A context as a caller of ours would have it: sampled, its own span somewhere else. */
export function callersContext(): { readonly traceId: string; readonly spanId: string; readonly traceparent: string } {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

/** What the receiver has stored of a trace, oldest first. */
export function spansOf(pipeline: TestPipeline, traceId: string): Promise<Span[]> {
  return pipeline.rows<Span>(
    `SELECT ServiceName AS service, SpanName AS name, SpanKind AS kind, SpanId AS spanId, ParentSpanId AS parentId
     FROM otel.otel_traces WHERE TraceId = '${traceId}' ORDER BY Timestamp`,
  );
}
