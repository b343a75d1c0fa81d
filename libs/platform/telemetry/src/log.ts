import { trace } from '@opentelemetry/api';
import pino from 'pino';

export type Log = pino.Logger;

export interface LogOptions {
  readonly service: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/**
 * JSON lines on stderr (stdout is for what programs read), with the trace and span id of the moment. Written
 * synchronously: the last line before a crash is the one that matters.
 */
export function createLog({ service, level }: LogOptions): Log {
  return pino(
    {
      level,
      base: { service },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      mixin() {
        const context = trace.getActiveSpan()?.spanContext();
        return context === undefined ? {} : { trace_id: context.traceId, span_id: context.spanId };
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
