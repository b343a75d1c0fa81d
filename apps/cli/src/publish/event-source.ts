import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse, type CsvError } from 'csv-parse';
import { CliFailure, messageOf } from '../terminal/failure.js';

export type SourceFormat = 'csv' | 'ndjson';

/** One row of a file, before any typing. `line` counts from 1 as an editor shows it; `row` counts data rows from 1. */
export type SourceRow = { readonly line: number; readonly row: number } & (
  | { readonly kind: 'fields'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unreadable'; readonly message: string }
);

export interface EventSource {
  readonly format: SourceFormat;
  /** Column names of a CSV file; undefined for NDJSON, where each line names its own. */
  readonly columns?: readonly string[];
  readonly rows: AsyncIterable<SourceRow>;
  /** How much of the file was read, 0 to 1; undefined for stdin. Runs a little ahead of the rows. */
  fractionRead(): number | undefined;
  /** Stops reading and closes the file. */
  close(): void;
}

/**
 * Opens a CSV or NDJSON file, gzipped or not (told by its content), or stdin for `-`. The format is told by the file's
 * name, else by the first character: `{` is NDJSON.
 */
export async function openEventSource(path: string, format?: SourceFormat): Promise<EventSource> {
  const file = path === '-' ? process.stdin : createReadStream(path);
  try {
    const sizeBytes = path === '-' ? undefined : (await stat(path)).size;
    const plain = await gunzipped(file);
    const { head, rest } = await peek(plain);
    const known =
      format ?? formatOfName(path) ?? (head.toString('utf8').trimStart().startsWith('{') ? 'ndjson' : 'csv');
    const control = {
      close: (): void => void file.destroy(),
      fractionRead: (): number | undefined =>
        sizeBytes === undefined ? undefined : file.bytesRead / Math.max(1, sizeBytes),
    };
    return known === 'ndjson'
      ? { format: known, rows: ndjsonRows(rest), ...control }
      : { format: known, ...(await openCsv(rest, path)), ...control };
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(`cannot read ${path === '-' ? 'stdin' : path}: ${messageOf(error)}`, 1, { cause: error });
  }
}

function formatOfName(path: string): SourceFormat | undefined {
  const name = path.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.csv')) return 'csv';
  return /\.(ndjson|jsonl|json)$/.test(name) ? 'ndjson' : undefined;
}

async function gunzipped(file: Readable): Promise<Readable> {
  const { head, rest } = await peek(file);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return rest;
  const gunzip = createGunzip();
  rest.on('error', (error) => gunzip.destroy(error));
  return rest.pipe(gunzip);
}

/** The first chunk of a stream, and the stream with that chunk still in it. */
async function peek(stream: Readable): Promise<{ head: Buffer; rest: Readable }> {
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await iterator.next();
  const head = first.done ? Buffer.alloc(0) : Buffer.from(first.value);
  async function* chained(): AsyncGenerator<Buffer> {
    if (first.done) return;
    yield head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  }
  return { head, rest: Readable.from(chained(), { objectMode: false }) };
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

async function openCsv(text: Readable, path: string): Promise<Pick<EventSource, 'columns' | 'rows'>> {
  const unreadable: { line: number; message: string }[] = [];
  const parser = parse({
    bom: true,
    info: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      unreadable.push({ line: Number(error?.lines ?? 0), message: error?.message ?? 'the row cannot be read' });
      return undefined;
    },
  });
  text.on('error', (error) => parser.destroy(error));
  const records = text.pipe(parser)[Symbol.asyncIterator]() as AsyncIterator<CsvRecord>;
  const header = await records.next();
  if (header.done) throw new CliFailure(`${path} is empty: the first line has to name the columns`);
  const columns = header.value.record;
  const twice = columns.filter((name, index) => columns.indexOf(name) !== index);
  if (twice.length > 0) throw new CliFailure(`${path}:1 names the column ${twice[0]} twice`);

  async function* rows(): AsyncGenerator<SourceRow> {
    let row = 0;
    for (let next = await records.next(); !next.done; next = await records.next()) {
      for (const problem of unreadable.splice(0)) yield { kind: 'unreadable', row: ++row, ...problem };
      yield csvRow(columns, next.value, ++row);
    }
    for (const problem of unreadable.splice(0)) yield { kind: 'unreadable', row: ++row, ...problem };
  }
  return { columns, rows: rows() };
}

function csvRow(columns: readonly string[], { record, info }: CsvRecord, row: number): SourceRow {
  if (record.length !== columns.length) {
    const message = `${record.length} values for ${columns.length} columns`;
    return { kind: 'unreadable', line: info.lines, row, message };
  }
  const fields: Record<string, string> = {};
  for (let index = 0; index < columns.length; index++) fields[columns[index] as string] = record[index] as string;
  return { kind: 'fields', line: info.lines, row, fields };
}

async function* ndjsonRows(text: Readable): AsyncGenerator<SourceRow> {
  let line = 0;
  let row = 0;
  let rest = '';
  text.setEncoding('utf8');
  for await (const chunk of text as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) {
      line++;
      if (one.trim() !== '') yield ndjsonRow(one, line, ++row);
    }
  }
  if (rest.trim() !== '') yield ndjsonRow(rest, line + 1, row + 1);
}

function ndjsonRow(text: string, line: number, row: number): SourceRow {
  try {
    const fields: unknown = JSON.parse(text);
    if (fields !== null && typeof fields === 'object' && !Array.isArray(fields)) {
      return { kind: 'fields', line, row, fields: fields as Record<string, unknown> };
    }
    return { kind: 'unreadable', line, row, message: 'not a JSON object' };
  } catch (error) {
    return { kind: 'unreadable', line, row, message: `not JSON: ${messageOf(error)}` };
  }
}
