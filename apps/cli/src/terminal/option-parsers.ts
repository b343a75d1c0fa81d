import { InvalidArgumentError } from 'commander';
import { parseEntryId } from '../quarantine/quarantine-entry.js';
import { parseDuration, parseRate, parseSince } from './quantities.js';

/** Parsers for commander: text → meaning, or a usage error that says what was expected. */

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number from 1.');
  return value;
}

/** A whole number from 0. */
export function count(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('Expected a whole number from 0.');
  }
  return value;
}

/** In [0, 1]. */
export function share(text: string): number {
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(text.trim()) ?? [];
  const value = percent === undefined ? Number(text) : Number(percent) / 100;
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('Expected a share such as 10% or 0.1.');
  }
  return value;
}

/** For `name=value`, given several times; numbers and truth values are told from texts. */
export function hyperparameters(
  text: string,
  before: Readonly<Record<string, string | number | boolean>> | undefined,
): Readonly<Record<string, string | number | boolean>> {
  const [, name, value] = /^([A-Za-z]\w*)=(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Expected name=value, e.g. leaves=31.');
  const scalar =
    value === 'true' || value === 'false' ? value === 'true' : Number.isNaN(Number(value)) ? value : Number(value);
  return { ...before, [name]: scalar };
}

/** Events per second. */
export function rate(text: string): number {
  const value = parseRate(text);
  if (value === undefined) throw new InvalidArgumentError('Expected a rate such as 500/s or 30000/m.');
  return value;
}

/** ms since epoch. */
export function since(text: string): number {
  const value = parseSince(text, Date.now());
  if (value === undefined) {
    throw new InvalidArgumentError(
      'Expected a time such as 2026-01-31T12:00:00Z, or a duration back from now such as 2h.',
    );
  }
  return value;
}

export interface EntryPosition {
  readonly partition: number;
  readonly offset: number;
}

/** For an argument that may be given several times. */
export function entryPositions(text: string, before: readonly EntryPosition[] | undefined): readonly EntryPosition[] {
  const position = parseEntryId(text);
  if (!position) throw new InvalidArgumentError('Expected <partition>-<offset>, e.g. 2-17.');
  return [...(before ?? []), position];
}

/** ms. */
export function duration(text: string): number {
  const value = parseDuration(text);
  if (value === undefined) throw new InvalidArgumentError('Expected a duration such as 30d, 12h or 90s.');
  return value;
}
