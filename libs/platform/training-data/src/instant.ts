/** A time in ms as ClickHouse compares DateTime64 with. */
export function instant(ms: number): string {
  return `fromUnixTimestamp64Milli(${Math.trunc(ms)}, 'UTC')`;
}
