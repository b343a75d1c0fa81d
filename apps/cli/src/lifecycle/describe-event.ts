import type { LifecycleEvent } from '#contracts';
import { printable } from '../terminal/printable.js';
import { formatDuration } from '../terminal/quantities.js';

/** Longer texts are queries and the like: `--json` has them. */
const LONGEST_TEXT = 160;
/** Longer texts have a line of their own. */
const SHORT_TEXT = 40;
const MOST_LINES = 12;
/** 1973: nothing lasts that long. */
const EARLIEST_TIME_MS = 1e11;

/** A decision for a person: when, what, who, why, and what it rests on. */
export function describeEvent(event: LifecycleEvent): readonly string[] {
  const { sequence, at, clock, change, version, by, summary } = event;
  const data = clock === null ? '' : `  (data: ${iso(clock)})`;
  const about = version === null ? '' : `  version ${version}`;
  return [
    `#${sequence}  ${iso(at)}${data}  ${change.kind.replaceAll('_', ' ')}${about}  by ${printable(by, 80)}`,
    `    ${printable(summary, 2_000)}`,
    ...evidenceLines(event).map((line) => `      ${line}`),
  ];
}

/** What it rests on: sentences where it says itself in one, else figures, those of one thing in one line. */
export function evidenceLines({ evidence, clock }: Pick<LifecycleEvent, 'evidence' | 'clock'>): readonly string[] {
  const lines = Object.entries(evidence)
    // Told with the decision itself.
    .filter(([key, value]) => key !== 'clock' || value !== clock)
    .flatMap(([key, value]) => linesOf(key, value));
  const more = lines.length - MOST_LINES;
  return more > 0 ? [...lines.slice(0, MOST_LINES), `… ${more} more (--json has them all)`] : lines;
}

function linesOf(key: string, value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return listLines(key, value);
  if (typeof value === 'object') return sentenceOf(key, value) ?? thingLines(key, value);
  return [told(key, value).join(': ')];
}

function listLines(key: string, values: readonly unknown[]): readonly string[] {
  if (values.length === 0) return [];
  if (values.every(isScalar))
    return [`${key}: ${printable(values.map((it) => told('', it)[1]).join(', '), LONGEST_TEXT)}`];
  return values.flatMap((value) => linesOf(key, value));
}

/** Short figures of a thing share a line, those that are named alike (`train.…`) one of their own. */
function thingLines(key: string, thing: object): readonly string[] {
  const entries = Object.entries(thing).filter(([, value]) => value !== null && value !== undefined);
  const isShort = ([, value]: [string, unknown]): boolean => isScalar(value) && String(value).length <= SHORT_TEXT;
  const groups = Map.groupBy(entries.filter(isShort), ([name]) => name.slice(0, name.lastIndexOf('.') + 1));
  const shared = [...groups].map(([prefix, figures]) => {
    const each = figures.map(([name, value]) => told(name, value).join(' ').slice(prefix.length));
    return `${prefix === '' ? key : `${key}.${prefix.slice(0, -1)}`}: ${each.join(', ')}`;
  });
  const others = entries.filter((entry) => !isShort(entry));
  return [...shared, ...others.flatMap(([name, value]) => linesOf(`${key}.${name}`, value))];
}

/** Gates, guards and the like carry their own sentence. */
function sentenceOf(key: string, value: object): readonly string[] | undefined {
  const { summary, explanation, detail, gate, verdict } = value as Readonly<Record<string, unknown>>;
  const said = [summary, explanation, detail].find((text) => typeof text === 'string');
  if (said === undefined) return undefined;
  const judged = [gate, verdict].filter((word) => typeof word === 'string').join(' ');
  return [`${key}: ${printable(judged === '' ? said : `${judged.replaceAll('_', ' ')}: ${said}`, 500)}`];
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

/** A name and what is told of it: times since epoch and durations with their units, for which `Ms` is left out of the name. */
function told(key: string, value: unknown): readonly [name: string, text: string] {
  if (typeof value !== 'number') return [key, printable(String(value), LONGEST_TEXT)];
  const name = key.replace(/Ms$/, '');
  const isTimed = name !== key || /^(?:clock|due)$|At$/.test(key);
  if (isTimed && value >= EARLIEST_TIME_MS) return [name, iso(value)];
  return [name, name === key ? figure(value) : formatDuration(value)];
}

function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

export function iso(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString().replace(/\.000Z$/, 'Z');
}
