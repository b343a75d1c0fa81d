import { SpanKind, SpanStatusCode, trace, type Context, type Link } from '@opentelemetry/api';
import { ClickHouseRefused } from './clickhouse-errors.js';
import { insertSql } from './table-sql.js';
import type { Table } from './table.js';

/** Spans of one insert that stand in events' own traces; more tell nothing new and cost an export each. */
const MAX_RECORD_SPANS = 16;

export interface InsertTraceOptions {
  /** Links of the insert's span, e.g. to the records of the batch. */
  readonly links?: readonly Link[];
  /** Contexts of sampled records: each gets an INSERT span in its own trace, with the times of the batch's insert. */
  readonly recordContexts?: readonly Context[];
}

/** The spans of one insert: one in the active context, and one in each sampled record's trace. */
export class InsertSpans {
  constructor(private readonly options: InsertTraceOptions = {}) {}

  /** @returns how to end them, with what went wrong */
  start(insert: { table: Table<never>; rows: number; sizeBytes: number }): (error?: Error) => void {
    const { table, rows, sizeBytes } = insert;
    const tracer = trace.getTracer('eddyline.clickhouse');
    const name = `INSERT ${table.database}.${table.name}`;
    const startTime = Date.now();
    const attributes = {
      'db.system.name': 'clickhouse',
      'db.namespace': table.database,
      'db.collection.name': table.name,
      'db.operation.name': 'INSERT',
      'db.operation.batch.size': rows,
      'db.query.text': insertSql(table),
      'db.query.summary': name,
      'eddyline.insert.size': sizeBytes,
    };
    const { links = [], recordContexts = [] } = this.options;
    const kind = SpanKind.CLIENT;
    const batch = tracer.startSpan(name, { kind, attributes, links: [...links], startTime });
    const batchLink = batch.isRecording() ? [{ context: batch.spanContext() }] : [];
    const perRecord = recordContexts
      .slice(0, MAX_RECORD_SPANS)
      .map((parent) => tracer.startSpan(name, { kind, attributes, links: batchLink, startTime }, parent));
    return (error) => {
      const endTime = Date.now();
      for (const span of [batch, ...perRecord]) {
        if (error !== undefined) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
          span.setAttribute('error.type', error.name);
          if (error instanceof ClickHouseRefused) span.setAttribute('db.response.status_code', String(error.code));
        }
        span.end(endTime);
      }
    };
  }
}
