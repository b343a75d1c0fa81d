const LONGEST = 80;

/** A value of an event as a person reads it, cut where it is long. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** ISO 8601, or the bare number where the calendar ends. */
export function describeTime(timeMs: number): string {
  return Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : String(timeMs);
}

const UNITS: readonly (readonly [string, number])[] = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1_000],
];

/** `730 days`, `6 hours`, `250 ms`: one unit, at most one digit after the point. */
export function describeDuration(durationMs: number): string {
  for (const [unit, unitMs] of UNITS) {
    // Two of a unit at least: `90 minutes` says more than `1.5 hours`.
    if (durationMs >= 2 * unitMs) return `${Math.round((durationMs / unitMs) * 10) / 10} ${unit}`;
  }
  return `${durationMs} ms`;
}
