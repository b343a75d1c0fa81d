import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api';

export interface SendSpan {
  /** `traceparent` (and `tracestate`) for the message; empty when the trace is not sampled. */
  readonly headers: Readonly<Record<string, string>>;
  readonly settled?: (error?: unknown) => void;
}

const NOT_SAMPLED: SendSpan = { headers: {} };

/**
 * Makes the `send <topic>` span of a message (semantic conventions for messaging). Only sampled messages carry a context:
 * at volume the others would pay for headers that nobody reads.
 * @param traceparent W3C context of the caller; each event becomes a child of it
 */
export function createSendSpans(topic: string, traceparent?: string): () => SendSpan {
  const tracer = trace.getTracer('eddyline.publish');
  const parent = traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'send',
  };
  return function startSendSpan() {
    const span = tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, parent);
    if (!span.isRecording()) return NOT_SAMPLED;
    return {
      headers: injected(trace.setSpan(parent, span)),
      settled(error) {
        if (error !== undefined) {
          span.setStatus({
            code: SpanStatusCode.ERROR,
            message: error instanceof Error ? error.message : String(error),
          });
        }
        span.end();
      },
    };
  };
}

function injected(active: Context): Record<string, string> {
  const carrier: Record<string, string> = {};
  context.with(active, () => propagation.inject(active, carrier));
  return carrier;
}

const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** `00-<32 hex>-<16 hex>-<2 hex>`, ids not all zero. */
export function isTraceparent(text: string): boolean {
  return TRACEPARENT.test(text);
}
