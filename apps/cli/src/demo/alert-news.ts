import { databaseOf, type AlertExample, type AlertRecord } from '#contracts';
import type { Connections } from '../connections/connections.js';
import { formatFigure, formatInstant, formatWindow } from '../monitors/format-monitors.js';
import { formatCount } from '../terminal/table.js';

/** What is told of an alert as the log has it. */
type Told = Pick<
  AlertRecord,
  'id' | 'monitor' | 'metric' | 'subject' | 'state' | 'severity' | 'summary' | 'value' | 'threshold'
> & { readonly examples: readonly Pick<AlertExample, 'event_id' | 'trace_id'>[] };

/** A change of an alert, with what it rests on. Times in ms since epoch. */
export interface AlertNews extends Told {
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly firedAt: number;
  readonly rows: number;
  readonly referenceRows: number | null;
  readonly pValue: number | null;
}

interface NewsRow extends Told {
  readonly window_start_ms: string;
  readonly window_end_ms: string;
  readonly fired_at_ms: string;
  readonly rows: string;
  readonly reference_rows: string | null;
  readonly p_value: number | null;
  readonly alert_partition: number;
  readonly alert_offset: string;
}

/** What is new among the alerts since it was asked last. */
export class AlertWatch {
  private readonly seen = new Set<string>();

  /** @param sinceMs wall clock: changes that were noticed before are old */
  constructor(
    private readonly connections: Connections,
    private readonly pipeline: string,
    private readonly sinceMs: number,
  ) {}

  async take(): Promise<readonly AlertNews[]> {
    const result = await this.connections.clickhouse().query({
      query:
        'SELECT id, monitor, metric, subject, state, severity, summary, value, threshold, ' +
        'toUnixTimestamp64Milli(window_start) AS window_start_ms, toUnixTimestamp64Milli(window_end) AS window_end_ms, ' +
        'toUnixTimestamp64Milli(fired_at) AS fired_at_ms, rows, reference_rows, p_value, examples, alert_partition, alert_offset ' +
        `FROM ${databaseOf(this.pipeline)}.alerts WHERE noticed_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') ` +
        'ORDER BY noticed_at, alert_partition, alert_offset',
      query_params: { since: this.sinceMs },
      format: 'JSONEachRow',
    });
    const rows = await result.json<NewsRow>();
    return rows.flatMap((row) => {
      const position = `${row.alert_partition}/${row.alert_offset}`;
      if (this.seen.has(position)) return [];
      this.seen.add(position);
      return [newsOf(row)];
    });
  }
}

function newsOf(row: NewsRow): AlertNews {
  const { window_start_ms, window_end_ms, fired_at_ms, reference_rows, p_value, rows } = row;
  const { id, monitor, metric, subject, state, severity, summary, value, threshold, examples } = row;
  return {
    ...{ id, monitor, metric, subject, state, severity, summary, value, threshold, examples },
    windowStart: Number(window_start_ms),
    windowEnd: Number(window_end_ms),
    firedAt: Number(fired_at_ms),
    rows: Number(rows),
    referenceRows: reference_rows === null ? null : Number(reference_rows),
    pValue: p_value,
  };
}

/** One line, and below what it rests on where it has just fired. */
export function formatNews(news: AlertNews): readonly string[] {
  const { state, severity, monitor, summary, value, threshold, rows, referenceRows, pValue, examples } = news;
  const head = `${state === 'firing' ? `⚠ ${severity}` : '✓ resolved'}  ${monitor}  ${summary}`;
  if (state === 'resolved') return [head];
  const against = referenceRows === null ? '' : ` against ${formatCount(referenceRows)} of the reference`;
  const significance = pValue === null ? '' : `, p = ${pValue < 1e-4 ? '< 0.0001' : formatFigure(pValue)}`;
  const example = examples[0];
  return [
    head,
    `    evidence: ${formatFigure(value) ?? 'no value'}, bound ${formatFigure(threshold) ?? 'none'}, window ${formatWindow(news)}, ${formatCount(rows)} rows${against}${significance}`,
    ...(example === undefined
      ? []
      : [`    for example ${example.event_id}${example.trace_id === '' ? '' : `, trace ${example.trace_id}`}`]),
    `    eddyline monitor explain electricity ${monitor}`,
  ];
}

/** What a run has raised, for its summary. */
export function summariseNews(all: readonly AlertNews[]) {
  return all.map(({ monitor, metric, subject, state, severity, summary, value, threshold, windowEnd, firedAt }) => ({
    ...{ monitor, metric, subject, state, severity, summary, value, threshold },
    windowEnd: new Date(windowEnd).toISOString(),
    firedAt: new Date(firedAt).toISOString(),
  }));
}

export function countNews(all: readonly AlertNews[]): string {
  const fired = new Set(all.filter(({ state }) => state === 'firing').map(({ id }) => id));
  if (fired.size === 0) return 'no alert was raised';
  const first = all.find(({ state }) => state === 'firing')!;
  const resolved = new Set(all.filter(({ state }) => state === 'resolved').map(({ id }) => id));
  return `${fired.size} raised, ${[...resolved].filter((id) => fired.has(id)).length} of them resolved again; the first for the window to ${formatInstant(first.windowEnd)}`;
}
