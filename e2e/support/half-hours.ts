import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ELECTRICITY } from './test-pipeline.js';

/** An event of the electricity pipeline; `at` in ms since epoch. */
export interface HalfHour extends Record<string, unknown> {
  readonly event_id: string;
  readonly at: number;
  readonly period: number;
  readonly nsw_price: number;
  readonly nsw_demand: number;
  readonly vic_price: number;
  readonly vic_demand: number;
  readonly transfer: number;
}

const START_MS = Date.parse('2020-01-01T00:00:00Z');

function linesOf(): readonly [header: readonly string[], rows: readonly (readonly string[])[]] {
  const text = gunzipSync(readFileSync(join(ELECTRICITY, 'electricity.csv.gz'))).toString();
  const [header, ...lines] = text.trimEnd().split('\n');
  return [header!.split(','), lines.map((line) => line.split(','))];
}

/** Whether the price of the n-th half-hour really went up: 1, else 0. */
export function priceMovements(): (n: number) => number {
  const [columns, rows] = linesOf();
  const column = columns.indexOf('price_went_up');
  const labels = rows.map((cells) => Number(cells[column]));
  return (n) => labels[n % labels.length]!;
}

/** The real half-hours, one after the other and round again, with ids `<run>-<number>` and times `stepMs` apart. */
export function halfHours(run: string, stepMs = 10_000): (n: number, parts?: Partial<HalfHour>) => HalfHour {
  const [columns, lines] = linesOf();
  const numbers = ['period', 'nsw_price', 'nsw_demand', 'vic_price', 'vic_demand', 'transfer'].map((name) => ({
    name,
    column: columns.indexOf(name),
  }));
  const rows = lines.map((cells) => {
    return Object.fromEntries(numbers.map(({ name, column }) => [name, Number(cells[column])]));
  });
  return function aHalfHour(n, parts = {}) {
    const row = rows[n % rows.length]!;
    return { event_id: `${run}-${n}`, at: START_MS + n * stepMs, ...row, ...parts } as unknown as HalfHour;
  };
}
