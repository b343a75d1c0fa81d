import type { PipelineDefinition, PipelineFlag, PipelineFlags } from '#contracts';
import type { Command } from 'commander';
import { Argument, InvalidArgumentError } from 'commander';
import { withConnections, type Connections } from '../connections/connections.js';
import { changeLoop } from '../lifecycle/change-loop.js';
import { flagTargetsOf, flagText, problemOfFlag } from '../lifecycle/flag-target.js';
import type { LoopChanged } from '../lifecycle/loop-change.js';
import { clockIfKnown } from '../lifecycle/pipeline-clock.js';
import { CliFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { share } from '../terminal/option-parsers.js';
import { formatTable } from '../terminal/table.js';
import { userName } from '../terminal/user-name.js';

interface SetOptions {
  readonly json?: boolean;
  readonly value?: number;
  readonly share: number;
  readonly reason: string;
}

export function registerFlags(program: Command): void {
  const flags = program
    .command('flags')
    .description(
      'switches of a pipeline that take effect while it runs: explanations, features, rules, monitors, the threshold',
    );
  registerList(flags);
  registerSet(flags);
  registerUnset(flags);
}

function registerList(flags: Command): void {
  const command = flags
    .command('list')
    .description('what is switched, by whom and why, and what could be')
    .argument('<pipeline>');
  withExamples(withJson(command), ['eddyline flags list electricity']).action(
    (pipeline: string, options: { json?: boolean }) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
          const { definition } = await connections.pipeline(pipeline);
          const set = (await connections.models()).flags(pipeline);
          const targets = flagTargetsOf(definition);
          reporter.result({ pipeline, flags: set, targets });
          if (set.length === 0) reporter.line(`${pipeline}: nothing is switched, everything is as the file says`);
          else for (const line of formatTable(COLUMNS, set)) reporter.line(line);
          reporter.line(`to switch: ${targets.join(', ')}`);
        }),
      ),
  );
}

const COLUMNS = [
  { title: 'TARGET', value: ({ target }: PipelineFlag) => target },
  { title: 'IS', value: ({ on, value }: PipelineFlag) => (value === null ? (on ? 'on' : 'off') : String(value)) },
  {
    title: 'FOR',
    value: ({ share }: PipelineFlag) => `${Number((share * 100).toPrecision(6))} %`,
    align: 'right' as const,
  },
  { title: 'SINCE', value: ({ since }: PipelineFlag) => since },
  { title: 'BY', value: ({ changedBy }: PipelineFlag) => changedBy },
  { title: 'WHY', value: ({ reason }: PipelineFlag) => reason },
];

function registerSet(flags: Command): void {
  const command = flags
    .command('set')
    .description('switch something on or off while the pipeline runs')
    .argument('<pipeline>')
    .argument('<target>', 'explanations, retraining, threshold, feature:<name>, rule:<name> or monitor:<name>')
    .addArgument(new Argument('<state>', 'whether it is on').choices(['on', 'off']))
    .option('--value <number>', "of the threshold, in place of the file's", threshold)
    .option('--share <share>', 'of the keys for which it holds, e.g. 10%; the others are as the file says', share, 1)
    .requiredOption('--reason <text>', 'for whoever asks later why');
  withExamples(withJson(command), [
    'eddyline flags set electricity feature:transfer off --reason "its meter is broken"',
    'eddyline flags set electricity threshold on --value 0.7 --share 10% --reason "fewer false alarms?"',
    'eddyline flags set electricity retraining off --reason "holidays"',
  ]).action((pipeline: string, target: string, state: 'on' | 'off', options: SetOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const { definition } = await connections.pipeline(pipeline);
        const setting = { target, on: state === 'on', value: options.value ?? null, share: options.share };
        const problem = problemOfFlag(setting, definition);
        if (problem !== undefined) throw new CliFailure(problem);
        const { reason } = options;
        const flag: PipelineFlag = { ...setting, since: new Date().toISOString(), changedBy: userName(), reason };
        const changed = await switchFlag(connections, definition, flag, reason);
        reporter.line(`${pipeline}: ${flagText(flag)}`);
        reporter.result({ ok: true, flag, events: changed.events });
      }),
    ),
  );
}

function registerUnset(flags: Command): void {
  const command = flags
    .command('unset')
    .description('take a switch away again: what the file says holds')
    .argument('<pipeline>')
    .argument('<target>')
    .requiredOption('--reason <text>', 'for whoever asks later why');
  withExamples(withJson(command), [
    'eddyline flags unset electricity feature:transfer --reason "its meter is mended"',
  ]).action((pipeline: string, target: string, options: { json?: boolean; reason: string }) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const { definition } = await connections.pipeline(pipeline);
        const { events } = await switchFlag(connections, definition, target, options.reason);
        reporter.line(`${pipeline}: ${target} is as the file says`);
        reporter.result({ ok: true, target, events });
      }),
    ),
  );
}

/** @param flag as it is to be, or the target of one that is to go */
async function switchFlag(
  connections: Connections,
  definition: PipelineDefinition,
  flag: PipelineFlag | string,
  reason: string,
): Promise<LoopChanged> {
  const { name } = definition;
  const target = typeof flag === 'string' ? flag : flag.target;
  return changeLoop(connections, name, await clockIfKnown(definition, connections), ({ flags }) => {
    const set = flags?.flags ?? [];
    const others = set.filter((one) => one.target !== target);
    if (typeof flag === 'string' && others.length === set.length) {
      const there = set.map((one) => one.target).join(', ') || 'nothing';
      throw new CliFailure(`${target} of ${name} is not switched (there is: ${there})`);
    }
    const next: PipelineFlags = {
      kind: 'flags',
      pipeline: name,
      sequence: (flags?.sequence ?? 0) + 1,
      flags: typeof flag === 'string' ? others : [...others, flag],
    };
    const { on, value } = typeof flag === 'string' ? AS_DECLARED : flag;
    const said = typeof flag === 'string' ? `${target} is as the file says` : flagText(flag);
    return {
      entries: [next],
      decisions: [
        {
          change: { kind: 'flag_switched', target, on, value },
          version: null,
          summary: `${said}: ${reason}.`,
          evidence: typeof flag === 'string' ? {} : { share: flag.share },
        },
      ],
    };
  });
}

const AS_DECLARED = { on: true, value: null } as const;

function threshold(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number such as 0.7.');
  return value;
}
