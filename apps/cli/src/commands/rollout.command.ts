import type { PipelineDefinition } from '#contracts';
import {
  decideAbort,
  decideApproval,
  decidePause,
  decideResume,
  type Decision,
  type LoopRecord,
} from '#domain/rollout';
import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { changeLoop } from '../lifecycle/change-loop.js';
import { describeRollout, type RolloutStanding } from '../lifecycle/describe-rollout.js';
import { clockIfKnown, requireClock } from '../lifecycle/pipeline-clock.js';
import { servableVersion } from '../lifecycle/servable-version.js';
import { decideServing, servingNews, wayOf } from '../lifecycle/serve-version.js';
import { CliFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface ReasonOptions {
  readonly json?: boolean;
  readonly reason: string;
}

export function registerRollout(program: Command): void {
  const rollout = program
    .command('rollout')
    .description('the way of a new version to serve: look at it, begin it, pause it, approve of it, give it up');
  registerStatus(rollout);
  registerStart(rollout);
  registerStep(rollout, {
    name: 'pause',
    description: 'stay in the step as it is; guards look on, and roll back',
    reason: 'paused by hand',
    decide: decidePause,
  });
  registerStep(rollout, {
    name: 'resume',
    description: 'go on with a rollout that is paused',
    reason: 'resumed by hand',
    decide: decideResume,
  });
  registerStep(rollout, {
    name: 'approve',
    description: 'end a step that waits for a person (approval), or an A/B test in favour of the challenger',
    reason: 'approved by hand',
    decide: (record, reason, { name, rollout: declared }) => {
      if (declared === undefined)
        throw new CliFailure(`${name} declares no rollout any more: eddyline rollout abort ${name}`);
      return decideApproval(record, reason, declared);
    },
  });
  registerStep(rollout, {
    name: 'abort',
    description: 'give the challenger up before it serves everything; the champion stays',
    reason: 'given up by hand',
    decide: decideAbort,
  });
}

function registerStatus(rollout: Command): void {
  const command = rollout
    .command('status')
    .description('which step a rollout is in, since when, and what the step waits for')
    .argument('<pipeline>');
  withExamples(withJson(command), ['eddyline rollout status electricity']).action(
    (pipeline: string, options: { json?: boolean }) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
          const { definition } = await connections.pipeline(pipeline);
          const models = await connections.models();
          const clock = await clockIfKnown(definition, connections);
          const standing: RolloutStanding = {
            rollout: models.lifecycle(pipeline)?.rollout ?? null,
            serving: models.serving(pipeline) ?? null,
            definition: definition.rollout ?? null,
            clock,
          };
          for (const line of describeRollout(pipeline, standing)) reporter.line(line);
          reporter.result({ pipeline, ...standing });
        }),
      ),
  );
}

function registerStart(rollout: Command): void {
  const command = rollout
    .command('start')
    .description('begin to roll a registered version out against the one that serves')
    .argument('<pipeline>')
    .argument('<version>')
    .option('--reason <text>', 'for whoever asks later why', 'begun by hand');
  withExamples(withJson(command), ['eddyline rollout start electricity 4 --reason "trained on the new tariff"']).action(
    (pipeline: string, wanted: string, options: ReasonOptions) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], async (connections) => {
          const { definition } = await connections.pipeline(pipeline);
          const way = wayOf({ rollout: true }, definition);
          const { ms: clock } = await requireClock(definition, connections, 'a rollout');
          const { reason } = options;
          const changed = await changeLoop(connections, pipeline, clock, ({ record, versions }) => {
            servableVersion(definition, versions, wanted);
            refuseWithoutComparison(record, wanted, pipeline, clock);
            return { decisions: decideServing(record, wanted, way, { definition, clock, reason }) };
          });
          reporter.line(servingNews(pipeline, wanted, changed.before.record, changed.after));
          reporter.result({ ok: true, rollout: changed.after.state.rollout, events: changed.events });
        }),
      ),
  );
}

/** Promoting lets it serve at once then; whoever asks for steps is told that there would be none. */
function refuseWithoutComparison(
  { serving: { champion }, state: { rollout } }: LoopRecord,
  version: string,
  pipeline: string,
  clock: number | null,
): void {
  const promote = `eddyline models promote ${pipeline} ${version}`;
  if (champion === null) throw new CliFailure(`no version of ${pipeline} serves to compare it with: ${promote}`);
  if (champion.version === version) throw new CliFailure(`version ${version} of ${pipeline} serves already`);
  if (clock === null) throw new CliFailure(`the log of ${pipeline} has no event to compare by yet: ${promote}`);
  if (rollout?.version === version) {
    throw new CliFailure(`version ${version} is rolled out already: eddyline rollout status ${pipeline}`);
  }
}

interface Step {
  readonly name: string;
  readonly description: string;
  /** Where none is given. */
  readonly reason: string;
  readonly decide: (record: LoopRecord, reason: string, definition: PipelineDefinition) => readonly Decision[];
}

function registerStep(rollout: Command, { name, description, reason, decide }: Step): void {
  const command = rollout
    .command(name)
    .description(description)
    .argument('<pipeline>')
    .option('--reason <text>', 'for whoever asks later why', reason);
  withExamples(withJson(command), [`eddyline rollout ${name} electricity --reason "…"`]).action(
    (pipeline: string, options: ReasonOptions) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
          const { definition } = await connections.pipeline(pipeline);
          const clock = await clockIfKnown(definition, connections);
          const { after, events } = await changeLoop(connections, pipeline, clock, ({ record }) => ({
            decisions: decide(record, options.reason, definition),
          }));
          for (const { summary } of events) reporter.line(`${pipeline}: ${summary}`);
          reporter.result({ ok: true, rollout: after.state.rollout, serving: after.serving, events });
        }),
      ),
  );
}
