import type { Measurement, Verdict } from '#contracts';
import { formatTable } from '../terminal/table.js';
import { worstOf, type RunResult } from './run-monitors.js';

/** Event time to the minute, which is what windows are made of. */
export function formatInstant(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace(/:00\.000Z$/, 'Z')
    .replace(/T00:00Z$/, '');
}

export function formatWindow({ windowStart, windowEnd }: Pick<RunResult, 'windowStart' | 'windowEnd'>): string {
  return `${formatInstant(windowStart)} … ${formatInstant(windowEnd)}`;
}

/** Four digits that matter. */
export function formatFigure(value: number | null): string | null {
  return value === null ? null : String(Number(value.toPrecision(4)));
}

/** All figures of one window. */
export function formatRun(run: RunResult): string[] {
  const { monitor, modelVersion, measurements, durationMs } = run;
  const model = modelVersion === null ? '' : `, model version ${modelVersion}`;
  const table = formatTable<Measurement>(
    [
      { title: 'METRIC', value: ({ metric }) => metric },
      { title: 'OF', value: ({ subject, slice }) => [subject, slice].filter(Boolean).join(' where ') },
      { title: 'VALUE', align: 'right', value: ({ value }) => formatFigure(value) },
      { title: 'INTERVAL', align: 'right', value: intervalOf },
      { title: 'REFERENCE', align: 'right', value: ({ referenceValue }) => formatFigure(referenceValue) },
      { title: 'ROWS', align: 'right', value: ({ rows }) => rows },
      { title: 'BOUND', align: 'right', value: ({ threshold }) => formatFigure(threshold) },
      { title: 'VERDICT', value: ({ verdict }) => verdict },
    ],
    measurements,
  );
  const said = measurements
    .filter(({ explanation }) => explanation !== '')
    .map(({ explanation }) => `  ${explanation}`);
  return [
    `${monitor}  ${formatWindow(run)}${model}, ${Math.round(durationMs)} ms of ClickHouse`,
    ...table.map((line) => `  ${line}`),
    ...(said.length === 0 ? [] : ['', ...said]),
  ];
}

/** One line for each window. */
export function formatRuns(runs: readonly RunResult[]): string[] {
  return formatTable<RunResult>(
    [
      { title: 'MONITOR', value: ({ monitor }) => monitor },
      { title: 'WINDOW', value: formatWindow },
      { title: 'VERDICT', value: ({ measurements }) => verdictOf(measurements) },
      { title: 'FIGURES', align: 'right', value: ({ measurements }) => measurements.length },
      { title: 'BEYOND', align: 'right', value: ({ measurements }) => measurements.filter(isBeyond).length },
      { title: 'WORST', value: ({ measurements }) => worstOf(measurements)?.explanation ?? '' },
    ],
    runs,
  );
}

export function isBeyond({ verdict }: Pick<Measurement, 'verdict'>): boolean {
  return verdict !== 'ok' && verdict !== 'insufficient';
}

function verdictOf(measurements: readonly Measurement[]): Verdict | null {
  return worstOf(measurements)?.verdict ?? null;
}

function intervalOf({ low, high }: Measurement): string | null {
  return low === null || high === null ? null : `${formatFigure(low)} … ${formatFigure(high)}`;
}
