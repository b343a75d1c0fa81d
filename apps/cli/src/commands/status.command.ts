import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppliedPipeline } from '#contracts';
import { withConnections, type Connections } from '../connections/connections.js';
import { formatStatus } from '../status/format-status.js';
import { readStatus } from '../status/read-status.js';
import { interruptSignal } from '../terminal/interrupt.js';
import type { Reporter } from '../terminal/reporter.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

const WATCH_EVERY_MS = 2_000;

export function registerStatus(program: Command): void {
  const command = program
    .command('status')
    .description(
      'pipelines in force: how far each topic is, who reads it and how far behind, what is logged, which model serves',
    )
    .argument('[pipeline]', 'only this one')
    .option('--watch', 'again every two seconds, until Ctrl-C');
  withExamples(withJson(command), ['eddyline status', 'eddyline status electricity --watch']).action(
    (pipeline: string | undefined, options: { json?: boolean; watch?: boolean }) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
          const interrupt = interruptSignal();
          try {
            do {
              await show(connections, pipeline, options.watch === true, reporter);
              if (options.watch)
                await sleep(WATCH_EVERY_MS, undefined, { signal: interrupt.signal }).catch(() => undefined);
            } while (options.watch && !interrupt.signal.aborted);
          } finally {
            interrupt.release();
          }
        }),
      ),
  );
}

async function show(
  connections: Connections,
  name: string | undefined,
  watch: boolean,
  reporter: Reporter,
): Promise<void> {
  const pipelines: readonly AppliedPipeline[] =
    name === undefined ? (await connections.pipelines()).list() : [await connections.pipeline(name)];
  const statuses = [];
  for (const applied of pipelines) statuses.push(await readStatus(applied, connections));
  if (watch && reporter.screen) reporter.redraw();
  reporter.result(statuses);
  if (statuses.length === 0) reporter.line('no pipeline is in force: eddyline apply pipelines/<name>/pipeline.yaml');
  for (const [index, status] of statuses.entries()) {
    if (index > 0) reporter.line();
    for (const line of formatStatus(status)) reporter.line(line);
  }
}
