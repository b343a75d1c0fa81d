import type { Command } from 'commander';
import { coveredBy, standingSilences } from '../alerts/alert-controls.js';
import { aboutOf, listedAlerts, shownNumber, standingOf, type ListedAlert } from '../alerts/listed-alert.js';
import { readAlerts, watchedPipelines } from '../alerts/read-alerts.js';
import { withConnections } from '../connections/connections.js';
import { positiveInteger, since } from '../terminal/option-parsers.js';
import { printable } from '../terminal/printable.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatTable, type Column } from '../terminal/table.js';

interface ListOptions {
  readonly json?: boolean;
  readonly firing?: boolean;
  readonly since?: number;
  readonly limit: number;
}

const WEEK_MS = 7 * 86_400_000;

export function registerAlertsList(alerts: Command): void {
  const command = alerts
    .command('list')
    .description('alerts that fire and those that are over, each as it stands; then the silences in force')
    .argument('[pipeline]', 'left out: all')
    .option('--firing', 'only what fires at present, however long')
    .option(
      '--since <time>',
      'changed since (a time, or a duration back from now); default 7d, with --firing no limit',
      since,
    )
    .option('--limit <count>', 'show at most this many of each pipeline', positiveInteger, 100);
  withExamples(withJson(command), [
    'eddyline alerts list',
    'eddyline alerts list electricity --firing',
    'eddyline alerts list electricity --since 2h --json',
  ]).action((pipeline: string | undefined, options: ListOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
        const pipelines = await watchedPipelines(connections, pipeline);
        const catalog = await connections.alertControls();
        const nowMs = Date.now();
        const firingOnly = options.firing === true;
        const sinceMs = options.since ?? (firingOnly ? 0 : nowMs - WEEK_MS);
        const found: ListedAlert[] = [];
        for (const { definition } of pipelines) {
          const read = await readAlerts(connections, definition.name, { firingOnly, sinceMs, limit: options.limit });
          found.push(...listedAlerts(read, catalog.controls(definition.name), nowMs));
        }
        const silences = pipelines.flatMap(({ definition }) =>
          standingSilences(catalog.controls(definition.name), nowMs),
        );
        reporter.result({
          alerts: found.map(({ alert: { query: _query, ...alert }, silence, acknowledgement }) => ({
            ...alert,
            silence: silence ?? null,
            acknowledgement: acknowledgement ?? null,
          })),
          silences,
        });
        if (found.length === 0) reporter.line(firingOnly ? 'nothing fires' : 'no alerts');
        else for (const line of formatTable(ALERT_COLUMNS, found)) reporter.line(line);
        if (silences.length === 0) return;
        reporter.line();
        for (const line of formatTable(SILENCE_COLUMNS, silences)) reporter.line(line);
      }),
    ),
  );
}

const ALERT_COLUMNS: readonly Column<ListedAlert>[] = [
  { title: 'SEVERITY', value: ({ alert }) => alert.severity },
  { title: 'STATE', value: (listed) => printable(standingOf(listed), 40) },
  { title: 'MONITOR', value: ({ alert }) => alert.monitor },
  { title: 'WHAT', value: ({ alert }) => printable(aboutOf(alert), 60) },
  { title: 'VALUE', value: ({ alert }) => shownNumber(alert.value), align: 'right' },
  { title: 'THRESHOLD', value: ({ alert }) => shownNumber(alert.threshold), align: 'right' },
  { title: 'WINDOW END', value: ({ alert }) => new Date(alert.window_end).toISOString() },
  { title: 'NOTICED', value: ({ alert }) => new Date(alert.noticed_at).toISOString() },
  { title: 'ID', value: ({ alert }) => printable(alert.id, 500) },
];

const SILENCE_COLUMNS: readonly Column<ReturnType<typeof standingSilences>[number]>[] = [
  { title: 'SILENCE', value: ({ id }) => id },
  { title: 'PIPELINE', value: ({ pipeline }) => pipeline },
  { title: 'OF', value: (silence) => printable(coveredBy(silence), 80) },
  { title: 'UNTIL', value: ({ until }) => new Date(until).toISOString() },
  { title: 'BY', value: ({ by }) => printable(by, 40) },
  { title: 'WHY', value: ({ reason }) => printable(reason, 120) },
];
