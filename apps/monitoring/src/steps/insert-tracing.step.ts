import { ROOT_CONTEXT, trace, type Context, type Link } from '@opentelemetry/api';
import { HEADER } from '#contracts';
import type { InsertTraceOptions } from '#platform/clickhouse';
import { parseTraceparent, type StageRecord } from '#platform/kafka';

/** Sampled records of a batch whose traces show the insert. */
const MAX_TRACED = 16;

/** So that an event's own trace ends where its row was written: the contexts of the sampled records of a batch. */
export function insertTracingStep(records: readonly Pick<StageRecord, 'traceId' | 'headers'>[]): InsertTraceOptions {
  const recordContexts: Context[] = [];
  const links: Link[] = [];
  for (const { traceId, headers } of records) {
    if (traceId === '') continue;
    const context = parseTraceparent(headers[HEADER.traceparent]);
    if (context === undefined) continue;
    recordContexts.push(trace.setSpanContext(ROOT_CONTEXT, context));
    links.push({ context });
    if (recordContexts.length === MAX_TRACED) break;
  }
  return { recordContexts, links };
}
