import { databaseOf, type LifecycleEvent } from '#contracts';
import type { PublishResult } from '../publish/publish-events.js';
import type { ExitCode } from '../terminal/failure.js';
import type { Reporter } from '../terminal/reporter.js';
import { formatCount } from '../terminal/table.js';
import { countNews, summariseNews, type AlertNews } from './alert-news.js';
import { discrepancies, lateOnes, type Account } from './demo-account.js';
import type { Expected } from './electricity-feed.js';
import type { LoopWorth } from './first-model-alone.js';
import { countDecisions } from './lifecycle-news.js';
import type { ModelWindow } from './model-figures.js';
import { PIPELINE } from './pipeline-folder.js';

/** What a run of the demo has done. */
export interface DemoRun {
  /** Event time from which the data went on, ms since epoch. */
  readonly fromMs: number;
  readonly result: PublishResult;
  readonly expected: Expected;
  readonly account: Account;
  readonly windows: readonly ModelWindow[];
  readonly alerts: readonly AlertNews[];
  readonly decisions: readonly LifecycleEvent[];
  /** Null: the run was not the first, or too short. */
  readonly worth: LoopWorth | null;
}

export function summarise(
  { fromMs, result, expected, account, windows, alerts, decisions, worth }: DemoRun,
  reporter: Reporter,
): ExitCode {
  const wrong = discrepancies(result.published, expected, account);
  const { logged, quarantined, deduplicated, labels } = account;
  const seconds = result.elapsedMs / 1_000;
  const loop = countDecisions(decisions);
  reporter.result({
    ok: wrong.length === 0,
    published: result.published,
    seconds,
    from: new Date(fromMs).toISOString(),
    ...account,
    expected,
    model: windows.map(({ windowEnd, ...figures }) => ({ windowEnd: new Date(windowEnd).toISOString(), ...figures })),
    alerts: summariseNews(alerts),
    loop: { ...loop, worth },
    problems: wrong,
  });
  const sum = (what: string, count: number, told: string): void =>
    reporter.line(`${what.padEnd(14)}${formatCount(count).padStart(10)}   ${told}`);
  reporter.line('');
  sum(
    'published',
    result.published,
    `in ${seconds.toFixed(1)} s, ${formatCount(Math.round(result.published / seconds))}/s`,
  );
  sum('= logged', logged, `rows in ${databaseOf(PIPELINE)}.predictions, each event once`);
  sum('+ quarantined', quarantined, `eddyline quarantine list ${PIPELINE}`);
  sum('+ deduplicated', deduplicated, 'same event id within the window');
  reporter.line('');
  sum('labels', expected.labels, 'published, each half an hour of data time after its event');
  sum('= joined', labels.joined, `rows in ${databaseOf(PIPELINE)}.outcomes, each event once`);
  sum('+ orphaned', labels.orphaned, `of refused events: eddyline quarantine list ${PIPELINE} --reason orphan_label`);
  sum('+ waiting', labels.waiting, 'of refused events, not given up yet');
  reporter.line('');
  reporter.line(`alerts: ${countNews(alerts)}; eddyline monitor list ${PIPELINE}`);
  reporter.line(
    `loop: ${formatCount(loop.runs)} runs, ${formatCount(loop.promotions)} promotions, ${formatCount(loop.rejected)} candidates rejected, ` +
      `${formatCount(loop.rollbacks)} rollbacks; eddyline models history ${PIPELINE}`,
  );
  if (worth !== null) reporter.line(describeWorth(worth));
  reporter.line('');
  reporter.line(READY_QUERIES);
  const late = lateOnes(expected, account);
  if (late > 0) {
    reporter.note(
      `${formatCount(late)} good events came too late: an event from elsewhere has moved the stream's clock. eddyline quarantine list ${PIPELINE} --reason late`,
    );
  }
  if (wrong.length === 0) {
    reporter.line('The sums agree: none lost, none twice.');
    return 0;
  }
  for (const problem of wrong) reporter.error(problem);
  return 1;
}

function describeWorth({ labelled, served, alone, low, high, fromMs, toMs }: LoopWorth): string {
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  return (
    `      accuracy with the loop closed ${percent(served)}, the first model left alone ${percent(alone)} (difference ${percent(served - alone)}, ` +
    `95 % interval ${percent(-high)} to ${percent(-low)}), ${formatCount(labelled)} labelled events of ${day(fromMs)} to ${day(toMs)}`
  );
}

const READY_QUERIES = `Four questions to begin with (in /play, or any client of ClickHouse):

  SELECT toStartOfMonth(event_time) AS month, count() AS events, avg(decision = 'positive') AS ups, avg((decision = 'positive') = label) AS accuracy
  FROM ${databaseOf(PIPELINE)}.outcomes GROUP BY month ORDER BY month DESC LIMIT 12;

  SELECT fired_at, monitor, subject, state, severity, summary FROM ${databaseOf(PIPELINE)}.alerts ORDER BY noticed_at DESC LIMIT 20;

  SELECT reason, count() AS events, any(message) AS for_example
  FROM ${databaseOf(PIPELINE)}.quarantine GROUP BY reason ORDER BY events DESC;

  SELECT ServiceName, SpanName, Timestamp, Duration / 1e6 AS ms FROM otel.otel_traces
  WHERE TraceId = (SELECT trace_id FROM ${databaseOf(PIPELINE)}.predictions WHERE trace_id != '' ORDER BY predicted_at DESC LIMIT 1)
  ORDER BY Timestamp;
`;
