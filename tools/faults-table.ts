// What `npm run faults` makes of the suites' records: sums, a table in Markdown, goals.

export interface FaultRow {
  readonly fault: string;
  readonly runs: number;
  readonly published: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly seconds: number;
  readonly kills: number;
  readonly rebalances: number;
  readonly brokerRestarts: number;
  readonly clickhouseOutages: number;
}
type Count = Exclude<keyof FaultRow, 'fault'>;
type Goal = 'kills' | 'rebalances' | 'brokerRestarts' | 'clickhouseOutages';

/** Over a complete run, at least. */
const GOALS: Readonly<Record<Goal, { readonly least: number; readonly name: string }>> = {
  kills: { least: 200, name: 'processes killed while they worked' },
  rebalances: { least: 20, name: 'rebalances with work in flight' },
  brokerRestarts: { least: 10, name: 'broker restarts' },
  clickhouseOutages: { least: 10, name: 'ClickHouse outages' },
};
const GOAL_NAMES = Object.keys(GOALS) as Goal[];
const NOTHING = { runs: 0, published: 0, lost: 0, duplicated: 0, seconds: 0 };
const NO_FAULTS = { kills: 0, rebalances: 0, brokerRestarts: 0, clickhouseOutages: 0 };
const COUNTS = Object.keys({ ...NOTHING, ...NO_FAULTS }) as Count[];

/** One row for each fault, in order of first appearance. */
export function summed(records: readonly (Partial<FaultRow> & { readonly fault: string })[]): FaultRow[] {
  const rows = new Map<string, Record<Count, number> & { fault: string }>();
  for (const record of records) {
    const row = rows.get(record.fault) ?? { fault: record.fault, ...NOTHING, ...NO_FAULTS };
    for (const name of COUNTS) row[name] += record[name] ?? 0;
    rows.set(record.fault, row);
  }
  return [...rows.values()];
}

export function faultsTable(rows: readonly FaultRow[]): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  const total = (name: Count): number => rows.reduce((sum, row) => sum + row[name], 0);
  const body = rows.map(({ fault, runs, published, lost, duplicated, seconds }) => [
    fault,
    count(runs),
    count(published),
    count(lost),
    count(duplicated),
    `${Math.round(seconds)} s`,
  ]);
  const all = [
    '**all**',
    ...(['runs', 'published', 'lost', 'duplicated'] as const).map((name) => `**${count(total(name))}**`),
  ];
  const table = aligned([
    ['fault', 'runs', 'events', 'lost', 'duplicated', 'took'],
    ...body,
    [...all, `${Math.round(total('seconds') / 60)} min`],
  ]);
  const totals = GOAL_NAMES.map((name) => `${count(total(name))} ${GOALS[name].name}`);
  return `${table}\n\n${totals.join(', ')}.`;
}

/** Goals that a complete run has not reached, in words. */
export function goalsMissed(rows: readonly FaultRow[]): string[] {
  return GOAL_NAMES.flatMap((name) => {
    const done = rows.reduce((sum, row) => sum + row[name], 0);
    const { least, name: words } = GOALS[name];
    return done < least ? [`${done} ${words}, ${least} were to be`] : [];
  });
}

/** The page with the text between its markers `<!-- name:begin -->` and `<!-- name:end -->` replaced. @throws without them */
export function writtenBetween(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** As the formatter would: columns padded, the first to the left, numbers to the right. */
function aligned(table: readonly (readonly string[])[]): string {
  const widths = table[0]!.map((_, column) => Math.max(3, ...table.map((row) => row[column]!.length)));
  const pad = (cell: string, at: number): string => (at === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[at]!));
  const [head, ...rows] = table.map((row) => `| ${row.map(pad).join(' | ')} |`);
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [head, `| ${rule.join(' | ')} |`, ...rows].join('\n');
}
