import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { DatasetColumns, DatasetContent, DatasetRow } from './dataset-row.js';

/** Beyond this a dataset is not read, however small it was packed: 4 GiB. */
const MAX_TEXT_BYTES = 4 * 1024 ** 3 - 1;
const NEWLINE = 0x0a;

/** Thrown when an artifact is no dataset; callers should take the rows anew. */
export class DatasetUnreadable extends Error {
  override readonly name = 'DatasetUnreadable';
}

/**
 * @param bytes as `DatasetWriter` gives them
 * @throws DatasetUnreadable, naming the line that is at fault
 */
export async function readDataset(bytes: Uint8Array): Promise<DatasetContent> {
  let text: Buffer;
  try {
    text = await promisify(gunzip)(bytes, { maxOutputLength: MAX_TEXT_BYTES });
  } catch (cause) {
    throw new DatasetUnreadable(`the dataset cannot be unpacked: ${(cause as Error).message}`, { cause });
  }
  const lines = linesOf(text);
  const head = lines.next();
  const columns = head.done ? undefined : columnsOf(head.value);
  if (columns === undefined) {
    throw new DatasetUnreadable('line 1 of the dataset is not {"pipeline":…,"features":[…],"slices":[…]}');
  }
  const rows: DatasetRow[] = [];
  for (const line of lines) {
    const row = rowOf(line, columns);
    if (row === undefined) {
      throw new DatasetUnreadable(
        `line ${rows.length + 2} of the dataset is not {"id":…,"time":…,"features":[${columns.features.length}],"label":…,"slices":[${columns.slices.length}]}`,
      );
    }
    rows.push(row);
  }
  return { ...columns, rows };
}

function* linesOf(text: Buffer): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = text.indexOf(NEWLINE, from);
    const to = end < 0 ? text.length : end;
    yield text.toString('utf8', from, to);
    from = to + 1;
  }
}

function columnsOf(line: string): DatasetColumns | undefined {
  const said = parse(line) as Partial<DatasetColumns> | undefined;
  if (said === undefined || typeof said.pipeline !== 'string') return undefined;
  const { pipeline, features, slices } = said;
  if (!Array.isArray(features) || !Array.isArray(slices)) return undefined;
  const areFeatures = (features as DatasetColumns['features']).every(
    (one) => typeof one?.name === 'string' && (one.type === 'number' || one.type === 'string'),
  );
  return areFeatures && slices.every((one) => typeof one === 'string') ? { pipeline, features, slices } : undefined;
}

function rowOf(line: string, columns: DatasetColumns): DatasetRow | undefined {
  const said = parse(line) as Partial<DatasetRow> | undefined;
  if (said === undefined) return undefined;
  const { id, time, features, label, slices } = said;
  if (typeof id !== 'string' || typeof time !== 'number' || typeof label !== 'number') return undefined;
  if (!Array.isArray(features) || features.length !== columns.features.length) return undefined;
  if (!Array.isArray(slices) || slices.length !== columns.slices.length) return undefined;
  const values = features as (number | string | null)[];
  for (const [at, { type }] of columns.features.entries()) {
    const value: unknown = values[at];
    if (value === null || typeof value === type) continue;
    if (type !== 'number' || (value !== 'Infinity' && value !== '-Infinity')) return undefined;
    values[at] = Number(value);
  }
  return { id, time, features: values, label, slices };
}

function parse(line: string): object | undefined {
  try {
    const said: unknown = JSON.parse(line);
    return typeof said === 'object' && said !== null ? said : undefined;
  } catch {
    return undefined;
  }
}
