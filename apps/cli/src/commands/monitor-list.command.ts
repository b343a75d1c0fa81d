import type { MonitorDefinition } from '#contracts';
import { firingAlertsQuery, runQuery, toAlertRecord } from '#platform/clickhouse';
import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { formatInstant } from '../monitors/format-monitors.js';
import { lastEvaluationsQuery, type EvaluationRow } from '../monitors/monitor.queries.js';
import { ruleText } from '../monitors/monitor-words.js';
import { formatDuration } from '../terminal/quantities.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatTable } from '../terminal/table.js';

interface Listed {
  readonly monitor: MonitorDefinition;
  readonly last: EvaluationRow | undefined;
  readonly firing: number;
}

export function registerMonitorList(monitor: Command): void {
  const command = monitor
    .command('list')
    .description('the monitors that a pipeline declares, what each found last, and what fires')
    .argument('<pipeline>');
  withExamples(withJson(command), ['eddyline monitor list electricity']).action(
    (pipeline: string, options: { readonly json?: boolean }) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
          const { definition } = await connections.pipeline(pipeline);
          const { monitoring } = definition;
          if (monitoring === undefined) {
            reporter.result([]);
            return reporter.line(
              `${pipeline} declares no monitors; add a section \`monitor\` to its file and apply it`,
            );
          }
          const [evaluations, alerts] = await Promise.all([
            runQuery(connections.clickhouse(), lastEvaluationsQuery(pipeline), {}),
            runQuery(connections.clickhouse(), firingAlertsQuery(pipeline), {}),
          ]);
          const firing = alerts.map(toAlertRecord);
          const listed = monitoring.monitors.map((one): Listed => ({
            monitor: one,
            last: evaluations.find((row) => row.monitor === one.name),
            firing: firing.filter((alert) => alert.monitor === one.name).length,
          }));
          reporter.result(listed.map(asJson));
          for (const line of formatList(listed)) reporter.line(line);
          for (const { severity, monitor: by, summary, fired_at } of firing) {
            reporter.line(`\nfiring  ${severity}  ${by}  since ${formatInstant(fired_at)}\n  ${summary}`);
          }
        }),
      ),
  );
}

function formatList(listed: readonly Listed[]): string[] {
  return formatTable<Listed>(
    [
      { title: 'MONITOR', value: ({ monitor }) => monitor.name },
      { title: 'KIND', value: ({ monitor }) => monitor.kind },
      { title: 'EVERY', value: ({ monitor }) => formatDuration(monitor.everyMs) },
      { title: 'OVER', value: ({ monitor }) => formatDuration(monitor.windowMs) },
      {
        title: 'LAST WINDOW',
        value: ({ last }) => (last === undefined ? null : formatInstant(Number(last.window_end_ms))),
      },
      { title: 'VERDICT', value: ({ last }) => last?.verdict ?? 'not yet' },
      {
        title: 'BEYOND',
        align: 'right',
        value: ({ last }) => (last === undefined ? null : `${last.beyond}/${last.figures}`),
      },
      { title: 'FIRING', align: 'right', value: ({ firing }) => firing },
      { title: 'BOUNDS', value: ({ monitor }) => boundsOf(monitor) },
    ],
    listed,
  );
}

function boundsOf({ rules }: MonitorDefinition): string {
  const shown = rules.slice(0, 3).map(ruleText);
  return shown.length === 0 ? 'none' : `${shown.join(', ')}${rules.length > 3 ? ` and ${rules.length - 3} more` : ''}`;
}

function asJson({ monitor, last, firing }: Listed) {
  return {
    ...monitor,
    firing,
    last:
      last === undefined
        ? null
        : {
            windowStart: new Date(Number(last.window_start_ms)).toISOString(),
            windowEnd: new Date(Number(last.window_end_ms)).toISOString(),
            evaluatedAt: new Date(Number(last.evaluated_at_ms)).toISOString(),
            verdict: last.verdict,
            figures: Number(last.figures),
            beyond: Number(last.beyond),
            insufficient: Number(last.insufficient),
            explanation: last.explanation,
          },
  };
}
