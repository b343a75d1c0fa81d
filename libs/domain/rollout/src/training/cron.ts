/** A schedule as sets of what each field takes; `restricted`: the field is not `*`. */
export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: Field;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: Field;
}

interface Field {
  readonly values: ReadonlySet<number>;
  readonly restricted: boolean;
}

/** Thrown when a text is no schedule; the message says which field and what it takes. */
export class CronError extends Error {
  override readonly name = 'CronError';
}

interface FieldKind {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly words: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly [FieldKind, FieldKind, FieldKind, FieldKind, FieldKind] = [
  { name: 'minute', from: 0, to: 59, words: [] },
  { name: 'hour', from: 0, to: 23, words: [] },
  { name: 'day of month', from: 1, to: 31, words: [] },
  { name: 'month', from: 1, to: 12, words: MONTHS },
  { name: 'day of week', from: 0, to: 7, words: WEEKDAYS },
];
const NAMED: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/**
 * Minute, hour, day of month, month, day of week; `*`, lists, ranges, steps (`0-30/10`), names of months and weekdays, 7 for Sunday,
 * and `@hourly` to `@yearly`. Where both kinds of day are restricted, either is enough, as cron has it.
 * @throws CronError
 */
export function parseCron(text: string): Cron {
  const parts = (NAMED[text.trim()] ?? text).trim().split(/\s+/);
  if (parts.length !== FIELDS.length) {
    throw new CronError(
      `"${text}" has ${parts.length} of five fields: minute hour day-of-month month day-of-week, e.g. "0 3 * * *" for 3:00 UTC`,
    );
  }
  const [minutes, hours, days, months, weekdays] = FIELDS.map((kind, i) => parseField(parts[i]!, kind)) as [
    Field,
    Field,
    Field,
    Field,
    Field,
  ];
  const cron: Cron = {
    minutes: minutes.values,
    hours: hours.values,
    days,
    months: months.values,
    weekdays: { ...weekdays, values: new Set([...weekdays.values].map((day) => day % 7)) },
  };
  if (cronAfter(cron, 0) === null) throw new CronError(`"${text}" never comes: no such month has such a day`);
  return cron;
}

/** What is wrong with a schedule; undefined: nothing. */
export function cronProblem(text: string): string | undefined {
  try {
    parseCron(text);
    return undefined;
  } catch (error) {
    if (error instanceof CronError) return error.message;
    throw error;
  }
}

function parseField(text: string, kind: FieldKind): Field {
  const values = new Set<number>();
  for (const piece of text.split(',')) {
    const [range = '', step = '1', ...more] = piece.split('/');
    const every = /^\d+$/.test(step) ? Number(step) : 0;
    if (more.length > 0 || every < 1) throw refused(piece, kind, 'has no step');
    const [low, high] = rangeOf(range, kind, piece.includes('/'));
    for (let value = low; value <= high; value += every) values.add(value);
  }
  return { values, restricted: text !== '*' };
}

function rangeOf(range: string, kind: FieldKind, stepped: boolean): readonly [number, number] {
  if (range === '*') return [kind.from, kind.name === 'day of week' ? 6 : kind.to];
  const ends = range.split('-').map((one) => valueOf(one, kind));
  const [low = NaN, high = stepped ? kind.to : low] = ends;
  if (ends.length > 2 || Number.isNaN(low) || Number.isNaN(high) || low > high) {
    throw refused(range, kind, 'is no value or range');
  }
  return [low, high];
}

function valueOf(text: string, { from, to, words }: FieldKind): number {
  const word = words.indexOf(text.toLowerCase());
  const value = word >= 0 ? word + (from === 1 ? 1 : 0) : /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= from && value <= to ? value : NaN;
}

function refused(text: string, { name, from, to, words }: FieldKind, what: string): CronError {
  const named = words.length === 0 ? '' : ` or ${words[0]}–${words.at(-1)}`;
  return new CronError(`"${text}" in the field ${name} ${what}: it takes ${from}–${to}${named}`);
}

const MINUTE = 60_000;
const DAY = 86_400_000;
/** From one 29 February to the next there may be eight years. */
const MOST_DAYS = 366 * 9;

/** The first time of a schedule after a time, ms, UTC; null: there is none. */
export function cronAfter(cron: Cron, afterMs: number): number | null {
  const first = (Math.floor(afterMs / MINUTE) + 1) * MINUTE;
  const today = Math.floor(first / DAY) * DAY;
  for (let day = 0; day < MOST_DAYS; day++) {
    const midnight = today + day * DAY;
    if (!isDayOf(cron, new Date(midnight))) continue;
    const found = timeOn(cron, midnight, first);
    if (found !== null) return found;
  }
  return null;
}

function isDayOf({ days, months, weekdays }: Cron, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const byDay = days.values.has(date.getUTCDate());
  const byWeekday = weekdays.values.has(date.getUTCDay());
  return days.restricted && weekdays.restricted ? byDay || byWeekday : byDay && byWeekday;
}

function timeOn({ hours, minutes }: Cron, midnight: number, from: number): number | null {
  for (let minute = Math.max(0, (from - midnight) / MINUTE); minute < 1440; minute++) {
    if (hours.has(Math.floor(minute / 60)) && minutes.has(minute % 60)) return midnight + minute * MINUTE;
  }
  return null;
}
