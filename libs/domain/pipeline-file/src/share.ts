/** `5%`, `12.5%`. */
export const PERCENT_PATTERN = /^(\d{1,3}(?:\.\d+)?)%$/;

/** A share as a file writes it, in [0, 1]; `5%` is 0.05. */
export function shareOf(value: number | string): number {
  if (typeof value === 'number') return value;
  const [, percent] = PERCENT_PATTERN.exec(value) ?? [];
  // Divided, not multiplied by 0.01: 7 % is then the same as 0.07.
  return Number(percent) / 100;
}
