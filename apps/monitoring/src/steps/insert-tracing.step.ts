import { ROOT_CONTEXT, trace, type Context, type Link } from '@opentelemetry/api';
import type { InsertTraceOptions } from '#platform/clickhouse';
import type { StageRecord } from '#platform/kafka';

/** Sampled records of a batch whose traces show the insert. */
const MAX_TRACED = 16;

/** So that an event's own trace ends where its row was written: the contexts of the sampled records of a batch. */
export function insertTracingStep(
  records: readonly Pick<StageRecord, 'traceId' | 'spanContext'>[],
): InsertTraceOptions {
  const recordContexts: Context[] = [];
  const links: Link[] = [];
  for (const { traceId, spanContext } of records) {
    if (traceId === '' || spanContext === undefined) continue;
    recordContexts.push(trace.setSpanContext(ROOT_CONTEXT, spanContext));
    links.push({ context: spanContext });
    if (recordContexts.length === MAX_TRACED) break;
  }
  return { recordContexts, links };
}
