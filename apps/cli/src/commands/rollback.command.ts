import { decideChampion, decideRollback, type Decision, type LoopRecord } from '#domain/rollout';
import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { changeLoop } from '../lifecycle/change-loop.js';
import { clockIfKnown } from '../lifecycle/pipeline-clock.js';
import { servableVersion } from '../lifecycle/servable-version.js';
import { CliFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface RollbackOptions {
  readonly json?: boolean;
  readonly to?: string;
  readonly reason: string;
}

export function registerRollback(program: Command): void {
  const command = program
    .command('rollback')
    .description(
      'go back at once to the version that served before: a challenger is dropped, a champion gives way; no service need run for it',
    )
    .argument('<pipeline>')
    .option('--to <version>', 'to this version, whatever served before')
    .requiredOption('--reason <text>', 'for whoever asks later why');
  withExamples(withJson(command), [
    'eddyline rollback electricity --reason "customers complain"',
    'eddyline rollback electricity --to 3 --reason "4 and 5 were trained on bad labels"',
  ]).action((pipeline: string, options: RollbackOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const { definition } = await connections.pipeline(pipeline);
        const clock = await clockIfKnown(definition, connections);
        const { before, after, events } = await changeLoop(connections, pipeline, clock, ({ record, versions }) => {
          const target = targetOf(record, options.to);
          if (target !== undefined) servableVersion(definition, versions, target);
          return { decisions: decide(record, pipeline, target, options) };
        });
        const champion = after.serving.champion?.version ?? null;
        reporter.line(`${pipeline}: version ${champion} serves everything; ${events.at(-1)?.summary}`);
        reporter.result({
          ok: true,
          champion,
          before: before.record.serving.champion?.version ?? null,
          challenger: after.serving.challenger?.version ?? null,
          events,
        });
      }),
    ),
  );
}

/** Undefined: nothing is known that served before; the state machine says so. */
function targetOf({ state: { rollout }, serving }: LoopRecord, to: string | undefined): string | undefined {
  return to ?? rollout?.against ?? serving.previous?.version;
}

function decide(
  record: LoopRecord,
  pipeline: string,
  target: string | undefined,
  { to, reason }: RollbackOptions,
): readonly Decision[] {
  const { rollout } = record.state;
  if (to === undefined || target === (rollout?.against ?? record.serving.previous?.version)) {
    return decideRollback(record, reason);
  }
  if (rollout !== null && rollout.phase !== 'watch' && to === rollout.version) {
    throw new CliFailure(
      `version ${to} is the challenger of ${pipeline}: to let it serve everything, eddyline models promote ${pipeline} ${to} --at-once`,
    );
  }
  return decideChampion(record, to, reason);
}
