const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A whole number and a unit: `500ms`, `30s`, `10m`, `6h`, `7d`. */
export const DURATION_PATTERN = /^(\d+)(ms|s|m|h|d)$/;

/** Milliseconds, or undefined when the text is no duration. */
export function parseDurationMs(text: string): number | undefined {
  const [, count, unit] = DURATION_PATTERN.exec(text) ?? [];
  const msPerUnit = unit === undefined ? undefined : MS_PER_UNIT[unit];
  const ms = msPerUnit === undefined ? Number.NaN : Number(count) * msPerUnit;
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Of a text whose shape was checked. */
export function durationMs(text: string): number {
  return parseDurationMs(text) ?? Number.NaN;
}
