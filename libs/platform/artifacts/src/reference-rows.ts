import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

/** A row that a model was trained on, as a model's reference holds it. */
export interface ReferenceRow {
  /** As the model took them; null: missing. */
  readonly features: Readonly<Record<string, number | string | null>>;
  readonly score: number;
  /** As `label` in outcomes; null: not known. */
  readonly label: number | null;
}

/** Beyond this the text of a reference is not read, however small it was packed: 256 MiB. */
const MAX_TEXT_BYTES = 256 << 20;

/** Thrown when an artifact is no reference; callers should do without it and name it. */
export class ReferenceUnreadable extends Error {
  override readonly name = 'ReferenceUnreadable';
}

/** @returns NDJSON, gzipped; equal rows give equal bytes */
export async function formatReferenceRows(rows: readonly ReferenceRow[]): Promise<Uint8Array> {
  const lines = rows.map(({ features, score, label }) => `${JSON.stringify({ features, score, label })}\n`);
  return promisify(gzip)(lines.join(''));
}

/** @throws ReferenceUnreadable, naming the line that is not a row */
export async function parseReferenceRows(bytes: Uint8Array): Promise<readonly ReferenceRow[]> {
  let text: string;
  try {
    text = (await promisify(gunzip)(bytes, { maxOutputLength: MAX_TEXT_BYTES })).toString();
  } catch (cause) {
    throw new ReferenceUnreadable(`it cannot be unpacked: ${(cause as Error).message}`, { cause });
  }
  return text
    .split('\n')
    .filter((line, at, lines) => line !== '' || at < lines.length - 1)
    .map((line, at) => {
      const row = rowOf(line);
      if (row === undefined)
        throw new ReferenceUnreadable(`line ${at + 1} is not {"features":{…},"score":…,"label":…}`);
      return row;
    });
}

function rowOf(line: string): ReferenceRow | undefined {
  let said: unknown;
  try {
    said = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(said) || !isObject(said['features'])) return undefined;
  const { features, score, label } = said;
  if (typeof score !== 'number' || (label !== null && typeof label !== 'number')) return undefined;
  const isFeature = (value: unknown): value is number | string | null =>
    value === null || typeof value === 'number' || typeof value === 'string';
  if (!Object.values(features).every(isFeature)) return undefined;
  return { features: features as ReferenceRow['features'], score, label };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
