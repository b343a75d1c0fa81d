import type { LifecycleEvent } from '#contracts';
import { printable } from '../terminal/printable.js';

/** Longer texts are queries and the like: `--json` has them. */
const LONGEST_TEXT = 160;
const MOST_LINES = 12;

/** A decision for a person: when, what, who, why, and what it rests on. */
export function describeEvent(event: LifecycleEvent): readonly string[] {
  const { sequence, at, clock, change, version, by, summary, evidence } = event;
  const data = clock === null ? '' : `  (data: ${iso(clock)})`;
  const about = version === null ? '' : `  version ${version}`;
  return [
    `#${sequence}  ${iso(at)}${data}  ${change.kind.replaceAll('_', ' ')}${about}  by ${printable(by, 80)}`,
    `    ${printable(summary, 2_000)}`,
    ...evidenceLines(evidence).map((line) => `      ${line}`),
  ];
}

/** Figures of the evidence, one per line; what says itself in a sentence is given in that sentence. */
export function evidenceLines(evidence: Readonly<Record<string, unknown>>): readonly string[] {
  const lines = Object.entries(evidence).flatMap(([key, value]) => linesOf(key, value));
  const more = lines.length - MOST_LINES;
  return more > 0 ? [...lines.slice(0, MOST_LINES), `… ${more} more (--json has them all)`] : lines;
}

function linesOf(key: string, value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return listLines(key, value);
  if (typeof value === 'object') {
    const said = sentenceIn(value);
    if (said !== undefined) return [`${key}: ${said}`];
    return Object.entries(value).flatMap(([inner, it]: [string, unknown]) => linesOf(`${key}.${inner}`, it));
  }
  const text = typeof value === 'number' ? figure(value) : printable(String(value), LONGEST_TEXT);
  return [`${key}: ${text}`];
}

function listLines(key: string, values: readonly unknown[]): readonly string[] {
  if (values.length === 0) return [];
  if (values.every((value) => typeof value !== 'object' || value === null)) {
    return [
      `${key}: ${printable(values.map((it) => (typeof it === 'number' ? figure(it) : String(it))).join(', '), LONGEST_TEXT)}`,
    ];
  }
  return values.flatMap((value, index) => {
    const said = typeof value === 'object' && value !== null ? sentenceIn(value) : undefined;
    return said === undefined ? linesOf(`${key}[${index}]`, value) : [`${key}: ${said}`];
  });
}

/** Gates, guards and the like carry their own sentence. */
function sentenceIn(value: object): string | undefined {
  const { summary, verdict, detail } = value as Readonly<Record<string, unknown>>;
  const said = typeof summary === 'string' ? summary : typeof detail === 'string' ? detail : undefined;
  if (said === undefined) return undefined;
  return printable(typeof verdict === 'string' ? `${verdict}: ${said}` : said, 500);
}

function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

export function iso(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString().replace(/\.000Z$/, 'Z');
}
