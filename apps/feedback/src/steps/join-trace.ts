import { ROOT_CONTEXT, SpanKind, trace, TraceFlags, type Span, type SpanContext } from '@opentelemetry/api';
import { formatTraceparent } from '#platform/kafka';

/** Spans of one batch are capped; the trace of an outcome past the cap goes on without this hop. */
const MAX_SPANS = 64;

/** The spans by which the trace of a prediction goes on with its label: one for each sampled event of a batch. */
export class JoinTrace {
  private readonly spans: Span[] = [];

  constructor(private readonly topic: string) {}

  /**
   * The trace that an outcome continues: that of its prediction, to which the label's own is linked; undefined, the label's,
   * where the event was not sampled.
   *
   * @param traceId of the prediction; empty: not sampled
   * @param label the span of the label in this stage
   */
  traceparentOf(traceId: string, label: SpanContext | undefined): string | undefined {
    if (!/^[0-9a-f]{32}$/.test(traceId) || /^0+$/.test(traceId)) return undefined;
    const origin = originOf(traceId);
    if (this.spans.length >= MAX_SPANS) return formatTraceparent(origin);
    const span = trace
      .getTracer('eddyline.feedback')
      .startSpan(
        `join ${this.topic}`,
        { kind: SpanKind.PRODUCER, links: label === undefined ? [] : [{ context: label }] },
        trace.setSpanContext(ROOT_CONTEXT, origin),
      );
    this.spans.push(span);
    return formatTraceparent(span.isRecording() ? span.spanContext() : origin);
  }

  end(): void {
    for (const span of this.spans) span.end();
  }
}

/**
 * The log keeps of a trace its id, and not which of its spans scored the event: the span stands under one that nobody has
 * sent, which tools show beside the others of the trace.
 */
function originOf(traceId: string): SpanContext {
  const half = traceId.slice(16);
  const spanId = /^0+$/.test(half) ? '0000000000000001' : half;
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}
