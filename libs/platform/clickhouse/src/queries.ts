import type { ClickHouseClient } from '@clickhouse/client';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { classifyClickHouseError } from './clickhouse-errors.js';

/**
 * A query as data: a name, which is also its span's, the text, and the types of its parameters and rows.
 * Parameters are bound by ClickHouse (`{event_id:String}`), never pasted into the text.
 */
export interface NamedQuery<Parameters extends Record<string, unknown>, Row> {
  readonly name: string;
  readonly toSql: () => string;
  /** Carries the types; never called. */
  readonly types?: (parameters: Parameters) => Row;
}

/** @throws Retriable('clickhouse_unreachable') or ClickHouseRefused */
export async function runQuery<Parameters extends Record<string, unknown>, Row>(
  client: ClickHouseClient,
  query: NamedQuery<Parameters, Row>,
  parameters: Parameters,
): Promise<readonly Row[]> {
  const text = query.toSql();
  const tracer = trace.getTracer('eddyline.clickhouse');
  const attributes = {
    'db.system.name': 'clickhouse',
    'db.operation.name': 'SELECT',
    'db.query.text': text,
    'db.query.summary': query.name,
  };
  return tracer.startActiveSpan(query.name, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    try {
      const result = await client.query({ query: text, query_params: parameters, format: 'JSONEachRow' });
      return await result.json<Row>();
    } catch (error) {
      const meaning = classifyClickHouseError(error, `running the query ${query.name}`);
      span.setStatus({ code: SpanStatusCode.ERROR, message: meaning.message });
      throw meaning;
    } finally {
      span.end();
    }
  });
}
