import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { jsonSyntaxProblem, problemDetails } from '#platform/service';
import type { Reading, Subject } from '../candidate.js';

export interface NdjsonLine {
  /** Counted from 1, empty lines included. */
  readonly line: number;
  readonly bytes: Buffer;
}

/** Thrown by `ndjsonLines` when the body goes on beyond its limit; the lines before were handed over. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Splits a body into its lines that are not empty, without ever holding more than one line and one chunk.
 * @throws BodyTooLarge
 */
export async function* ndjsonLines(body: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<NdjsonLine> {
  let line = 0;
  let total = 0;
  let parts: Buffer[] = [];
  const complete = (): NdjsonLine | undefined => {
    line++;
    const bytes = trimmed(parts.length === 1 ? parts[0]! : Buffer.concat(parts), line === 1);
    parts = [];
    return bytes.length === 0 ? undefined : { line, bytes };
  };
  for await (const chunk of unclosed(body)) {
    // Lines that end before the limit are handed over, wherever the network happened to cut the body.
    const taken = chunk.subarray(0, Math.max(0, limitBytes - total));
    total += chunk.length;
    let from = 0;
    for (let at = taken.indexOf(NEWLINE); at >= 0; at = taken.indexOf(NEWLINE, from)) {
      parts.push(taken.subarray(from, at));
      from = at + 1;
      const done = complete();
      if (done !== undefined) yield done;
    }
    if (total > limitBytes) throw new BodyTooLarge();
    if (from < taken.length) parts.push(taken.subarray(from));
  }
  if (parts.length > 0) {
    const last = complete();
    if (last !== undefined) yield last;
  }
}

/** A body that is not read to its end must stay open, or its connection would be gone before the answer is sent. */
function unclosed(body: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return body instanceof Readable ? body.iterator({ destroyOnReturn: false }) : body;
}

/** One line → one event or label as plain JSON. */
export function readLine(bytes: Buffer, subject: Subject = 'event'): Reading {
  if (!isUtf8(bytes)) {
    return { ok: false, problem: problemDetails(400, 'invalid_utf8', 'The line is not valid UTF-8.') };
  }
  const text = bytes.toString('utf8');
  try {
    return { ok: true, candidate: { data: JSON.parse(text) as unknown, attributes: null } };
  } catch (error) {
    // The line is the place; within it the column is enough.
    return { ok: false, problem: jsonSyntaxProblem(text, error as Error, `The ${subject}`).details };
  }
}

/** Without white space around it, and without the byte order mark that some tools put first. */
function trimmed(bytes: Buffer, first: boolean): Buffer {
  let from = first && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  let to = bytes.length;
  while (from < to && isSpace(bytes[from]!)) from++;
  while (to > from && isSpace(bytes[to - 1]!)) to--;
  return bytes.subarray(from, to);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}
