import { InvalidArgumentError } from 'commander';
import { parseEntryId } from '../quarantine/quarantine-entry.js';
import { parseDuration, parseRate, parseSince } from './quantities.js';

/** Parsers for commander: text → meaning, or a usage error that says what was expected. */

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number from 1.');
  return value;
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
