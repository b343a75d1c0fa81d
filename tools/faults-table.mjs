// What `npm run faults` makes of the suites' records: sums, a table in Markdown, goals.

/** Over a complete run, at least. */
const GOALS = {
  kills: { least: 200, name: 'processes killed while they worked' },
  rebalances: { least: 20, name: 'rebalances with work in flight' },
  brokerRestarts: { least: 10, name: 'broker restarts' },
  clickhouseOutages: { least: 10, name: 'ClickHouse outages' },
};
const SUMS = ['runs', 'published', 'lost', 'duplicated', 'seconds', ...Object.keys(GOALS)];

/** One row for each fault, in order of first appearance. */
export function summed(records) {
  const rows = new Map();
  for (const record of records) {
    const row = rows.get(record.fault) ?? { fault: record.fault, ...Object.fromEntries(SUMS.map((name) => [name, 0])) };
    for (const name of SUMS) row[name] += record[name] ?? 0;
    rows.set(record.fault, row);
  }
  return [...rows.values()];
}

export function faultsTable(rows) {
  const count = (value) => value.toLocaleString('en-US');
  const total = (name) => rows.reduce((sum, row) => sum + row[name], 0);
  const body = rows.map(({ fault, runs, published, lost, duplicated, seconds }) => [
    fault,
    count(runs),
    count(published),
    count(lost),
    count(duplicated),
    `${Math.round(seconds)} s`,
  ]);
  const all = ['**all**', ...['runs', 'published', 'lost', 'duplicated'].map((name) => `**${count(total(name))}**`)];
  const table = aligned([
    ['fault', 'runs', 'events', 'lost', 'duplicated', 'took'],
    ...body,
    [...all, `${Math.round(total('seconds') / 60)} min`],
  ]);
  const totals = Object.entries(GOALS).map(([name, goal]) => `${count(total(name))} ${goal.name}`);
  return `${table}\n\n${totals.join(', ')}.`;
}

/** Goals that a complete run has not reached, in words. */
export function goalsMissed(rows) {
  return Object.entries(GOALS).flatMap(([name, { least, name: words }]) => {
    const done = rows.reduce((sum, row) => sum + row[name], 0);
    return done < least ? [`${done} ${words}, ${least} were to be`] : [];
  });
}

/** The page with the text between its markers `<!-- name:begin -->` and `<!-- name:end -->` replaced. @throws without them */
export function writtenBetween(page, name, text) {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** As the formatter would: columns padded, the first to the left, numbers to the right. */
function aligned([head, ...rows]) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
