import { InvalidArgumentError, type Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { compareAlerts, toAlertFact, type AlertComparison } from '../monitors/compare-alerts.js';
import { formatFigure, formatInstant } from '../monitors/format-monitors.js';
import { recordedAlerts, simulateMonitors, type AlertFact, type Simulation } from '../monitors/simulate-monitors.js';
import { CliFailure } from '../terminal/failure.js';
import { duration } from '../terminal/option-parsers.js';
import { parseDuration } from '../terminal/quantities.js';
import type { Reporter } from '../terminal/reporter.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatCount, formatTable, type Column } from '../terminal/table.js';
import { formatProblem, loadPipelineFile } from '../validate/load-pipeline-file.js';

interface SimulateOptions {
  readonly json?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly warmUp?: number;
  readonly compare?: boolean;
}

const PROGRESS_EVERY_MS = 2_000;

export function registerSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .description(
      "what alerts a pipeline file's monitors would have raised over what was recorded; writes nothing and tells nobody",
    )
    .argument('<pipeline.yaml>', 'the file as it is, or changed; its name says whose log is looked at')
    .option(
      '--from <time>',
      'alerts of windows that end after this event time (default: the first recorded)',
      eventTime,
    )
    .option('--to <time>', '… and at this one or before (default: the last recorded)', eventTime)
    .option(
      '--warm-up <duration>',
      'event time before --from that is evaluated too (default: all that was recorded, which alone knows of everything that was firing)',
      duration,
    )
    .option('--compare', 'also say how that differs from the alerts that were raised');
  withExamples(withJson(command), [
    'eddyline simulate pipelines/electricity/pipeline.yaml --from 1997-05-01 --to 1997-07-01',
    'eddyline simulate pipelines/electricity/pipeline.yaml --from 1997-05-01 --to 1997-07-01 --compare',
    'eddyline simulate changed.yaml --from 2026-01-31T00:00:00Z --to 2026-02-01T00:00:00Z --warm-up 2d --json',
  ]).action((file: string, options: SimulateOptions) =>
    runAction(options, async (reporter) => {
      const loaded = await loadPipelineFile(file);
      if (!loaded.ok) {
        for (const problem of loaded.problems) reporter.note(formatProblem(problem).join('\n'));
        throw new CliFailure(`${file} is no pipeline file that could be applied`);
      }
      const { from, to, warmUp } = options;
      if (from !== undefined && to !== undefined && from >= to) throw new CliFailure('--from must lie before --to', 2);
      if (warmUp !== undefined && from === undefined)
        throw new CliFailure('--warm-up goes before --from: name it too', 2);
      const { definition } = loaded;
      return withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
        const range = {
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
          warmUpMs: warmUp ?? null,
        };
        const simulation = await simulateMonitors(definition, range, connections, progressOf(reporter));
        if (to !== undefined && simulation.toMs < to) {
          reporter.warn(`nothing is recorded beyond ${formatInstant(simulation.toMs)}`);
        }
        const simulated = simulation.alerts.map(toAlertFact);
        const comparison = options.compare
          ? compareAlerts(simulated, await recordedAlerts(definition, simulation, connections))
          : undefined;
        reporter.result(asJson(definition.name, simulation, comparison));
        show(reporter, simulation, comparison);
      });
    }),
  );
}

function progressOf(reporter: Reporter): Parameters<typeof simulateMonitors>[3] {
  let toldAtMs = Date.now();
  return ({ windows, done }) => {
    if (Date.now() - toldAtMs < PROGRESS_EVERY_MS) return;
    toldAtMs = Date.now();
    reporter.note(`${Math.floor(done * 100)} %  ${formatCount(windows)} windows`);
  };
}

function show(reporter: Reporter, { windows, alerts, failures }: Simulation, comparison?: AlertComparison): void {
  reporter.line(`${formatCount(windows)} windows, ${formatCount(alerts.length)} changes of alerts`);
  if (alerts.length > 0) {
    reporter.line();
    for (const line of formatTable(COLUMNS, alerts.map(toAlertFact))) reporter.line(line);
  }
  const failed = new Map(failures.map((failure) => [failure.monitor, failure]));
  for (const [monitor, { windowEnd, reason }] of failed) {
    const count = failures.filter((failure) => failure.monitor === monitor).length;
    reporter.warn(`${monitor} could not be evaluated in ${count} windows, last ${formatInstant(windowEnd)}: ${reason}`);
  }
  if (comparison === undefined) return;
  const { same, onlySimulated, onlyRecorded, different } = comparison;
  reporter.line();
  reporter.line(
    `${formatCount(same)} as they were raised, ${formatCount(onlySimulated.length)} that were not, ` +
      `${formatCount(onlyRecorded.length)} that would not be, ${formatCount(different.length)} with another value or threshold`,
  );
  const lists = [
    ['would be raised and were not', onlySimulated],
    ['were raised and would not be', onlyRecorded],
    ['would be raised with other figures', different.map((pair) => pair.simulated)],
  ] as const;
  for (const [title, facts] of lists) {
    if (facts.length === 0) continue;
    reporter.line();
    reporter.line(`${title}:`);
    for (const line of formatTable(COLUMNS, facts)) reporter.line(`  ${line}`);
  }
}

const COLUMNS: readonly Column<AlertFact>[] = [
  { title: 'WINDOW END', value: ({ windowEnd }) => formatInstant(windowEnd) },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'SEVERITY', value: ({ severity }) => severity },
  { title: 'VALUE', align: 'right', value: ({ value }) => formatFigure(value) },
  { title: 'THRESHOLD', align: 'right', value: ({ threshold }) => formatFigure(threshold) },
  { title: 'ALERT', value: ({ id }) => id },
];

function asJson(
  pipeline: string,
  { fromMs, toMs, windows, alerts, failures }: Simulation,
  comparison?: AlertComparison,
) {
  return {
    pipeline,
    from: Number.isFinite(fromMs) ? new Date(fromMs).toISOString() : null,
    to: new Date(toMs).toISOString(),
    windows,
    alerts: alerts.map((alert) => ({
      ...toAlertFact(alert),
      monitor: alert.monitor,
      metric: alert.metric,
      subject: alert.subject,
      slice: alert.slice,
      firedAt: alert.fired_at,
      summary: alert.summary,
    })),
    failures,
    ...(comparison && { comparison }),
  };
}

/** ms since epoch: an instant, or a duration back from now. */
function eventTime(text: string): number {
  const back = parseDuration(text);
  const ms = back === undefined ? Date.parse(text) : Date.now() - back;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Expected a time such as 1997-05-02 or 2026-01-31T12:00:00Z.');
  return ms;
}
