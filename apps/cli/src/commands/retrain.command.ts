import { decideManualRun } from '#domain/rollout';
import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { changeLoop } from '../lifecycle/change-loop.js';
import { clockIfKnown, requireClock } from '../lifecycle/pipeline-clock.js';
import { CliFailure, usageFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface RetrainOptions {
  readonly json?: boolean;
  readonly reason?: string;
}

export function registerRetrain(program: Command): void {
  const command = program
    .command('retrain')
    .description(
      'ask for a new model now, whatever the triggers say: the retraining service trains, gates and rolls it out',
    )
    .argument('<pipeline>')
    .option('--reason <text>', 'for whoever asks later why; needed');
  withExamples(withJson(command), [
    'eddyline retrain electricity --reason "the market has new rules since May"',
    'eddyline retrain cancel electricity --reason "the labels of June are wrong"',
  ]).action((pipeline: string, options: RetrainOptions) => request(pipeline, options));
  // What stands after `cancel` is its own.
  command.enablePositionalOptions();
  registerCancel(command);

  async function request(pipeline: string, options: RetrainOptions): Promise<void> {
    const { reason } = options;
    if (reason === undefined) throw usageFailure('--reason <text> is needed: whoever asks later why reads it');
    await runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
        const { definition } = await connections.pipeline(pipeline);
        if (definition.label === undefined) {
          throw new CliFailure(`${pipeline} has no labels to learn from: its file declares none (section label)`);
        }
        const { ms: clock, labels } = await requireClock(definition, connections, 'training');
        const { after, events } = await changeLoop(connections, pipeline, clock, ({ record }) => ({
          decisions: decideManualRun(reason, labels, record.state),
        }));
        reporter.line(`${pipeline}: ${after.state.run?.id} is asked for; the retraining service takes it up`);
        reporter.line(`look on with eddyline models history ${pipeline}`);
        reporter.result({ ok: true, run: after.state.run, events });
      }),
    );
  }
}

function registerCancel(retrain: Command): void {
  const command = retrain
    .command('cancel')
    .description('end the run that is under way, without a new version')
    .argument('<pipeline>')
    .option('--reason <text>', 'for whoever asks later why', 'cancelled by hand');
  withExamples(withJson(command), [
    'eddyline retrain cancel electricity --reason "the labels of June are wrong"',
  ]).action((pipeline: string, options: { json?: boolean; reason: string }) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const { definition } = await connections.pipeline(pipeline);
        const clock = await clockIfKnown(definition, connections);
        const { reason } = options;
        const { events } = await changeLoop(connections, pipeline, clock, ({ record }) => ({
          decisions: [
            {
              change: { kind: 'run_cancelled', reason },
              version: null,
              summary: `${record.state.run?.id ?? 'No run'} is cancelled: ${reason}.`,
              evidence: { phase: record.state.run?.phase ?? null },
            },
          ],
        }));
        for (const { summary } of events) reporter.line(`${pipeline}: ${summary}`);
        reporter.result({ ok: true, events });
      }),
    ),
  );
}
