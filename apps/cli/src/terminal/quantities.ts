const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500/s`, `30000/m`, `500` → events per second; undefined when the text is no positive rate. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(text.trim());
  if (!match?.[1]) return undefined;
  const perSecond = Number(match[1]) / ((DURATION_UNITS[match[2] ?? 's'] ?? 1_000) / 1_000);
  return Number.isFinite(perSecond) && perSecond > 0 ? perSecond : undefined;
}

/** `90s`, `15m`, `6h`, `7d`, `250ms` → milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unit = DURATION_UNITS[match?.[2] ?? ''];
  return match?.[1] && unit !== undefined ? Number(match[1]) * unit : undefined;
}

/** ISO 8601 instant, or a duration counted back from `nowMs` → ms since epoch. */
export function parseSince(text: string, nowMs: number): number | undefined {
  const back = parseDuration(text);
  if (back !== undefined) return nowMs - back;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** 1536 → `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1).replace(/\.0$/, '')} ${units[unit]}`;
}

/** 93_000 → `1m 33s`; 604_800_000 → `7d`. The two largest units that matter. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)}ms`;
  const parts: string[] = [];
  let rest = Math.round(durationMs / 1_000);
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(' ');
}
