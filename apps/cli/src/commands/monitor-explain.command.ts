import { latestAlertsQuery, runQuery, toAlertRecord } from '#platform/clickhouse';
import { compileMonitors } from '#domain/monitors';
import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { formatInstant, formatWindow } from '../monitors/format-monitors.js';
import { evaluationsQuery } from '../monitors/monitor.queries.js';
import { metricLines, paceOf, purposeOf, ruleLines } from '../monitors/monitor-words.js';
import { namedMonitor } from '../monitors/named-monitor.js';
import { lastWindowOf } from '../monitors/run-monitors.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

const LAST_EVALUATIONS = 5;
const LAST_ALERTS = 5;
const MOST_ALERTS = 500;

export function registerMonitorExplain(monitor: Command): void {
  const command = monitor
    .command('explain')
    .description('what a monitor measures, when it alerts, how to read it, its query, and what it found last')
    .argument('<pipeline>')
    .argument('<monitor>');
  withExamples(withJson(command), [
    'eddyline monitor explain electricity drift',
    'eddyline monitor explain electricity performance --json | jq -r .query',
  ]).action((pipeline: string, name: string, options: { readonly json?: boolean }) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
        const applied = await connections.pipeline(pipeline);
        const { definition } = applied;
        const compiled = namedMonitor(compileMonitors(definition), definition, name);
        const client = connections.clickhouse();
        const evaluations = await runQuery(client, evaluationsQuery(pipeline), {
          monitor: name,
          limit: LAST_EVALUATIONS,
        });
        const changed = await runQuery(client, latestAlertsQuery(pipeline), { since_ms: 0, limit: MOST_ALERTS });
        const alerts = changed.map(toAlertRecord).filter((alert) => alert.monitor === name);
        const context = await lastWindowOf(applied, compiled, connections);
        const query = context === undefined ? null : compiled.query(context, undefined);
        const graceMs = definition.monitoring?.graceMs ?? 0;
        const purpose = purposeOf(compiled.definition, definition);
        const rules = ruleLines(compiled.definition);
        const metrics = 'metrics' in compiled.definition ? compiled.definition.metrics : [];
        const reading = metricLines([...metrics, ...compiled.definition.rules.map(({ metric }) => metric)]);
        reporter.result({
          pipeline,
          monitor: compiled.definition,
          purpose: purpose.join(' '),
          clock: compiled.clock,
          rules,
          reading,
          query,
          evaluations,
          alerts: alerts.slice(0, LAST_ALERTS),
        });
        const part = (title: string, lines: readonly string[]): void => {
          reporter.line(`\n${title}`);
          for (const line of lines) reporter.line(`  ${line}`);
        };
        reporter.line(`${pipeline} ${name}: ${compiled.definition.kind} monitor`);
        part('Measures', purpose);
        part('When', paceOf(compiled.definition, graceMs));
        part('Bounds', rules);
        if (reading.length > 0) part('How to read it', reading);
        part(
          'Found last',
          evaluations.length === 0
            ? ['nothing yet: the monitoring service has not evaluated a window of it']
            : evaluations.map(({ window_start_ms, window_end_ms, verdict, beyond, figures, explanation }) =>
                `${formatWindow({ windowStart: Number(window_start_ms), windowEnd: Number(window_end_ms) })}  ${verdict} (${beyond} of ${figures} beyond)  ${explanation}`.trimEnd(),
              ),
        );
        part(
          'Alerts',
          alerts.length === 0
            ? ['none so far']
            : alerts
                .slice(0, LAST_ALERTS)
                .map(
                  ({ state, severity, fired_at, summary }) =>
                    `${state} ${severity}, fired ${formatInstant(fired_at)}: ${summary}`,
                ),
        );
        part(
          context === undefined
            ? 'Query: nothing was scored yet'
            : `Query, as of the window ${formatWindow({ windowStart: context.window.startMs, windowEnd: context.window.endMs })}`,
          query === null ? [] : query.split('\n'),
        );
      }),
    ),
  );
}
