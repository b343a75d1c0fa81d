import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { OutboundMessage } from '#platform/outcomes';
import type { Admitted } from '../admitted.js';

export interface Traced {
  readonly messages: readonly OutboundMessage[];
  /** Ends the spans. @param error why Kafka did not take the messages */
  settled(error?: Error): void;
}

const TRACE_HEADERS = ['traceparent', 'tracestate'] as const;

/**
 * PRODUCER spans `send <topic>` by the semantic conventions for messaging: one for all messages that belong to the
 * request's trace, one for each that brought a trace of its own. Only recorded contexts travel on: at volume the others
 * would be headers that nobody reads.
 */
export function traceSend(topic: string, admitted: readonly Admitted[]): Traced {
  const tracer = trace.getTracer('eddyline.http-publishing');
  const spans: Span[] = [];
  const start = (parent: Context, count: number): Readonly<Record<string, string>> => {
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.destination.name': topic,
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'send',
      ...(count > 1 ? { 'messaging.batch.message_count': count } : {}),
    };
    const span = tracer.startSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, parent);
    spans.push(span);
    return span.isRecording() ? carrierOf(trace.setSpan(parent, span)) : {};
  };
  const shared = admitted.filter((one) => one.trace === null).length;
  const sharedHeaders = shared > 0 ? start(context.active(), shared) : {};
  const messages = admitted.map(({ message, trace: own }) => ({
    ...message,
    headers: {
      ...message.headers,
      ...(own === null ? sharedHeaders : { ...own, ...start(propagation.extract(ROOT_CONTEXT, own), 1) }),
    },
  }));
  return {
    messages,
    settled(error) {
      for (const span of spans) {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        span.end();
      }
    },
  };
}

function carrierOf(active: Context): Readonly<Record<string, string>> {
  const carrier: Record<string, string> = {};
  propagation.inject(active, carrier);
  return Object.fromEntries(
    TRACE_HEADERS.flatMap((name) => (carrier[name] === undefined ? [] : [[name, carrier[name]]])),
  );
}
