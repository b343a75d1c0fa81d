import { InvalidArgumentError, type Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { formatRun, formatRuns, isBeyond } from '../monitors/format-monitors.js';
import { runMonitors, type RunResult, type RunSelection } from '../monitors/run-monitors.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { CliFailure } from '../terminal/failure.js';

export function registerMonitorRun(monitor: Command): void {
  const command = monitor
    .command('run')
    .description('evaluate monitors over the log now and print their figures; writes nothing and raises no alert')
    .argument('<pipeline>')
    .option('--monitor <name>', 'only this one (default: all)')
    .option(
      '--at <time>',
      'the window that ends at this event time (default: the last one that is complete)',
      eventTime,
    )
    .option('--from <time>', 'every window that ends after this event time …', eventTime)
    .option('--to <time>', '… and at this one or before (default: the newest)', eventTime);
  withExamples(withJson(command), [
    'eddyline monitor run electricity',
    'eddyline monitor run electricity --monitor drift --at 1997-06-05',
    'eddyline monitor run electricity --monitor performance --from 1997-04-01 --to 1997-07-01 --json',
  ]).action((pipeline: string, options: RunSelection & { readonly json?: boolean }) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
        if (options.at !== undefined && (options.from !== undefined || options.to !== undefined)) {
          throw new CliFailure('--at names one window, --from and --to name many; leave one of the two out', 2);
        }
        const applied = await connections.pipeline(pipeline);
        if (applied.definition.monitoring === undefined) {
          throw new CliFailure(`${pipeline} declares no monitors; add a section \`monitor\` to its file and apply it`);
        }
        const runs: RunResult[] = [];
        for await (const run of runMonitors(applied, options, connections)) runs.push(run);
        reporter.result(runs.map(asJson));
        if (runs.length === 0)
          reporter.line('no event fell into the last step of these windows: there is nothing to judge');
        const isOneEach = new Set(runs.map(({ monitor: name }) => name)).size === runs.length;
        if (isOneEach)
          runs.forEach((run, index) =>
            [...(index > 0 ? [''] : []), ...formatRun(run)].forEach((line) => reporter.line(line)),
          );
        else for (const line of formatRuns(runs)) reporter.line(line);
        if (options.json !== true && runs.some(({ measurements }) => measurements.some(isBeyond))) {
          reporter.note(
            '\nBeyond a bound in one window is no alert yet: eddyline monitor explain says when one fires.',
          );
        }
      }),
    ),
  );
}

function asJson({ windowStart, windowEnd, ...run }: RunResult) {
  return { windowStart: new Date(windowStart).toISOString(), windowEnd: new Date(windowEnd).toISOString(), ...run };
}

/** ms since epoch. */
function eventTime(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Expected a time such as 1997-05-02 or 2026-01-31T12:00:00Z.');
  return ms;
}
