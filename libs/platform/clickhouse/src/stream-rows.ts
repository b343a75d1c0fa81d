import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import type { BoundedSelect, SelectBounds } from './bounded-select.js';
import { classifyClickHouseError } from './clickhouse-errors.js';
import { RowBinaryReader, RowBinaryTruncated } from './row-binary-reader.js';

/** As what a column is read; `?` may be null. Cast in the SELECT to String, Int64, Float64, Nullable(…), Array(Float64). */
export type StreamedType = 'string' | 'int64' | 'float64' | 'string?' | 'float64?' | 'float64[]';

export interface StreamOptions {
  readonly bounds: SelectBounds;
  /** Aborted: the query is given up, and so is the stream. */
  readonly signal?: AbortSignal;
}

const READERS: Readonly<Record<StreamedType, (reader: RowBinaryReader) => unknown>> = {
  string: (reader) => reader.string(),
  int64: (reader) => reader.int64(),
  float64: (reader) => reader.float64(),
  'string?': (reader) => (reader.uint8() === 1 ? null : reader.string()),
  'float64?': (reader) => (reader.uint8() === 1 ? null : reader.float64()),
  'float64[]': (reader) => Array.from({ length: reader.length() }, () => reader.float64()),
};

/**
 * A SELECT's rows as they come, some thousand at a time: of whatever size the answer is, only what came last is held here.
 * It reads only, and within bounds.
 *
 * @param select without FORMAT
 * @throws Retriable('clickhouse_unreachable') while ClickHouse is away or overloaded, ClickHouseRefused for good; the signal's
 *   reason once it is aborted
 */
export async function* streamRows<Row extends readonly unknown[]>(
  client: ClickHouseClient,
  { sql, id, comment }: BoundedSelect,
  types: readonly StreamedType[],
  { bounds, signal }: StreamOptions,
): AsyncGenerator<readonly Row[]> {
  signal?.throwIfAborted();
  const readers = types.map((type) => READERS[type]);
  const readRow = (reader: RowBinaryReader): Row => readers.map((read) => read(reader)) as unknown as Row;
  let rest: Buffer = Buffer.alloc(0);
  try {
    const { stream } = await client.exec({
      query: `${sql}\nFORMAT RowBinary`,
      query_id: `${id}-${randomUUID()}`,
      ...(signal && { abort_signal: signal }),
      clickhouse_settings: {
        readonly: '1',
        max_execution_time: bounds.seconds,
        max_memory_usage: String(bounds.memoryBytes),
        max_result_rows: String(bounds.resultRows),
        result_overflow_mode: 'throw',
        log_comment: JSON.stringify(comment),
        // Until the answer is complete it may still turn into an error.
        wait_end_of_query: 1,
      },
    });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const { rows, readBytes } = completeRows(bytes, readRow);
      rest = bytes.subarray(readBytes);
      if (rows.length > 0) yield rows;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw classifyClickHouseError(error, `running the query ${id}`);
  }
  if (rest.length > 0) throw new RowBinaryTruncated(`the answer to ${id} ends within a row`);
}

function completeRows<Row>(
  bytes: Buffer,
  readRow: (reader: RowBinaryReader) => Row,
): { readonly rows: readonly Row[]; readonly readBytes: number } {
  const reader = new RowBinaryReader(bytes);
  const rows: Row[] = [];
  let readBytes = 0;
  try {
    while (!reader.isAtEnd) {
      rows.push(readRow(reader));
      readBytes = reader.position;
    }
  } catch (error) {
    // The rest of the row is in the next chunk.
    if (!(error instanceof RowBinaryTruncated)) throw error;
  }
  return { rows, readBytes };
}
