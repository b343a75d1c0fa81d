const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** A whole number and a unit: `500kB`, `50MB`, `2GiB`. */
export const SIZE_PATTERN = /^(\d+)(B|kB|MB|GB|KiB|MiB|GiB)$/;

/** Of a text whose shape was checked; NaN where it is more than a number can tell. */
export function sizeBytes(text: string): number {
  const [, count, unit] = SIZE_PATTERN.exec(text) ?? [];
  const bytes = Number(count) * (BYTES_PER_UNIT[unit ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : Number.NaN;
}
