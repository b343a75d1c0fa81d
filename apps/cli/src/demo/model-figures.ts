import { databaseOf } from '#contracts';
import type { Connections } from '../connections/connections.js';
import { formatInstant } from '../monitors/format-monitors.js';
import { formatTable } from '../terminal/table.js';

/** How right the model was in one window, and how right it said it was. */
export interface ModelWindow {
  readonly windowEnd: number;
  readonly rows: number;
  /** Share of the window's predictions that have labels; null: nobody has looked yet. */
  readonly coverage: number | null;
  readonly accuracy: number | null;
  readonly estimatedAccuracy: number | null;
  readonly rocAuc: number | null;
  readonly estimatedRocAuc: number | null;
}

/** A figure as the monitors wrote it down. */
export interface FigureRow {
  readonly window_end_ms: string;
  readonly kind: 'performance' | 'estimate';
  readonly metric: 'accuracy' | 'roc_auc';
  readonly value: number | null;
  readonly coverage: number | null;
  readonly rows: string;
}

const WINDOWS_SHOWN = 3;
/** Two figures by two monitors, and windows that only one of them has done. */
const FIGURES_READ = 10 * 4 * WINDOWS_SHOWN;

/** The figures of the latest windows, the newest first. */
export async function readFigures(connections: Connections, pipeline: string): Promise<readonly FigureRow[]> {
  const result = await connections.clickhouse().query({
    query:
      'SELECT toUnixTimestamp64Milli(window_end) AS window_end_ms, kind, metric, value, coverage, rows ' +
      `FROM ${databaseOf(pipeline)}.monitor_results WHERE kind IN ('performance', 'estimate') ` +
      `AND metric IN ('accuracy', 'roc_auc') AND slice = '' ORDER BY window_end DESC LIMIT ${FIGURES_READ}`,
    format: 'JSONEachRow',
  });
  return result.json<FigureRow>();
}

/** Realised beside estimated, of the last windows that have labels; before there are any, of the last windows. */
export function windowsOf(figures: readonly FigureRow[]): readonly ModelWindow[] {
  const ends = [...new Set(figures.map(({ window_end_ms }) => Number(window_end_ms)))].toSorted((a, b) => b - a);
  const windows = ends.map((windowEnd): ModelWindow => {
    const own = figures.filter(({ window_end_ms }) => Number(window_end_ms) === windowEnd);
    const find = (kind: FigureRow['kind'], metric: FigureRow['metric']): FigureRow | undefined =>
      own.find((row) => row.kind === kind && row.metric === metric);
    const realised = find('performance', 'accuracy') ?? find('performance', 'roc_auc');
    return {
      windowEnd,
      rows: Number(realised?.rows ?? own[0]?.rows ?? 0),
      coverage: realised?.coverage ?? null,
      accuracy: find('performance', 'accuracy')?.value ?? null,
      estimatedAccuracy: find('estimate', 'accuracy')?.value ?? null,
      rocAuc: find('performance', 'roc_auc')?.value ?? null,
      estimatedRocAuc: find('estimate', 'roc_auc')?.value ?? null,
    };
  });
  const realised = windows.filter(({ coverage }) => coverage !== null);
  return (realised.length > 0 ? realised : windows).slice(0, WINDOWS_SHOWN).toReversed();
}

/** No lines before the first window is done. */
export function formatWindows(windows: readonly ModelWindow[]): readonly string[] {
  if (windows.length === 0) return [];
  return formatTable<ModelWindow>(
    [
      { title: 'window to', value: ({ windowEnd }) => formatInstant(windowEnd) },
      { title: 'labels', align: 'right', value: ({ rows }) => rows },
      { title: 'labelled', align: 'right', value: ({ coverage }) => percent(coverage) },
      { title: 'accuracy', align: 'right', value: ({ accuracy }) => figure(accuracy) },
      { title: 'estimated', align: 'right', value: ({ estimatedAccuracy }) => figure(estimatedAccuracy) },
      { title: 'ROC AUC', align: 'right', value: ({ rocAuc }) => figure(rocAuc) },
      { title: 'estimated', align: 'right', value: ({ estimatedRocAuc }) => figure(estimatedRocAuc) },
    ],
    windows,
  );
}

function figure(value: number | null): string | null {
  return value === null ? null : value.toFixed(3);
}

function percent(ratio: number | null): string | null {
  return ratio === null ? null : `${(ratio * 100).toFixed(1)} %`;
}
