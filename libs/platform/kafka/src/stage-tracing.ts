import { HEADER } from '#contracts';
import {
  context as contextApi,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Link,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import type { FetchedMessage } from './kafkajs-internals.js';
import { headersOf } from './record-headers.js';

/** Links and per-record spans of one batch are capped; the trace of a record past the cap still goes through, without this hop. */
const MAX_SAMPLED = 64;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Reads a W3C traceparent header; undefined when there is none or it is malformed. */
export function parseTraceparent(header: Buffer | undefined): SpanContext | undefined {
  if (header === undefined || header.length !== 55) return undefined;
  const match = TRACEPARENT.exec(header.toString('latin1'));
  if (match === null || /^0+$/.test(match[1]!) || /^0+$/.test(match[2]!)) return undefined;
  return { traceId: match[1]!, spanId: match[2]!, traceFlags: Number.parseInt(match[3]!, 16), isRemote: true };
}

export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

export interface StageAttributes {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Whether a record without a trace may begin one here: only the first topic of a pipeline. */
  readonly originates: boolean;
}

/**
 * Spans of one batch: one CONSUMER span for the batch, linked to the sampled records, and one CONSUMER span for each of
 * those within its own trace, so that an event can be followed through every stage under one trace id.
 */
export class BatchTrace {
  private readonly recordSpans = new Map<number, Span>();
  private readonly parents: (SpanContext | undefined)[];
  private readonly span: Span;
  private readonly batchContext: Context;

  constructor(
    private readonly tracer: Tracer,
    private readonly stage: StageAttributes,
    messages: readonly FetchedMessage[],
  ) {
    const links: Link[] = [];
    let sampled = 0;
    this.parents = messages.map((message, index) => {
      const header = headersOf(message.headers)[HEADER.traceparent];
      const parent = parseTraceparent(header);
      if (parent === undefined ? !stage.originates : (parent.traceFlags & TraceFlags.SAMPLED) === 0) return parent;
      sampled++;
      if (this.recordSpans.size >= MAX_SAMPLED) return parent;
      const span = this.startRecordSpan(parent, message.offset);
      if (!span.isRecording()) {
        sampled--;
        return parent;
      }
      this.recordSpans.set(index, span);
      links.push({ context: parent ?? span.spanContext() });
      return parent;
    });
    this.span = tracer.startSpan(
      `process ${stage.topic}`,
      {
        kind: SpanKind.CONSUMER,
        links,
        attributes: {
          ...this.attributes(),
          'messaging.batch.message_count': messages.length,
          'eddyline.links.dropped': sampled - links.length,
        },
      },
      ROOT_CONTEXT,
    );
    this.batchContext = trace.setSpan(ROOT_CONTEXT, this.span);
  }

  /** Trace id of a sampled record, else empty. */
  traceId(index: number): string {
    const span = this.recordSpans.get(index);
    if (span !== undefined) return span.spanContext().traceId;
    const parent = this.parents[index];
    return parent !== undefined && (parent.traceFlags & TraceFlags.SAMPLED) !== 0 ? parent.traceId : '';
  }

  /** This stage's own span for a record, or what came with it; undefined when there is neither. */
  spanContext(index: number): SpanContext | undefined {
    return this.recordSpans.get(index)?.spanContext() ?? this.parents[index];
  }

  /** The traceparent that outputs of a record carry on, or undefined when it has none. */
  traceparent(index: number): string | undefined {
    const context = this.spanContext(index);
    return context === undefined ? undefined : formatTraceparent(context);
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return contextApi.with(this.batchContext, work);
  }

  /** Marks a record that went to quarantine, so that its trace says why it ends here. */
  quarantined(index: number, reason: string, message: string): void {
    const span = this.recordSpans.get(index);
    span?.setAttribute('error.type', reason);
    span?.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  end(error?: unknown): void {
    for (const span of [...this.recordSpans.values(), this.span]) {
      if (error !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
        span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
      }
      span.end();
    }
  }

  private startRecordSpan(parent: SpanContext | undefined, offset: string): Span {
    const parentContext = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    const span = this.tracer.startSpan(`process ${this.stage.topic}`, { kind: SpanKind.CONSUMER }, parentContext);
    if (span.isRecording()) span.setAttributes({ ...this.attributes(), 'messaging.kafka.offset': Number(offset) });
    return span;
  }

  private attributes(): Record<string, string | number> {
    return {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': this.stage.topic,
      'messaging.destination.partition.id': String(this.stage.partition),
      'messaging.consumer.group.name': this.stage.group,
    };
  }
}
