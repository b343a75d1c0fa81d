const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/**
 * ISO 8601 → microseconds since epoch, exact; or what is wrong with it. A date alone is its midnight in UTC. A time
 * without `Z` or an offset is refused: it would mean something else on every machine.
 */
export function parseIsoMicros(text: string): { readonly micros: number } | { readonly wrong: string } {
  const match = ISO.exec(text.trim());
  if (match === null) return { wrong: 'is not an ISO 8601 time such as 2026-01-31T12:00:00Z' };
  const [, year = '', month = '', day = '', hour, minute = '0', second = '0', fraction = '', zone] = match;
  const midnightMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const date = new Date(midnightMs);
  if (date.getUTCMonth() + 1 !== Number(month) || date.getUTCDate() !== Number(day)) {
    return { wrong: 'names a day that does not exist' };
  }
  if (hour === undefined) return { micros: midnightMs * 1000 };
  if (zone === undefined) return { wrong: 'has no time zone: end it with Z or an offset such as +02:00' };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return { wrong: 'names a time that does not exist' };
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second) - offsetSeconds(zone);
  return { micros: (midnightMs + seconds * 1000) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6)) };
}

function offsetSeconds(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const [hours = '0', minutes = '0'] = [zone.slice(1, 3), zone.slice(3).replace(':', '') || '0'];
  return (zone.startsWith('-') ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}
