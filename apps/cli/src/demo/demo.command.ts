import { InvalidArgumentError, type Command } from 'commander';
import { parseDuration } from '../terminal/quantities.js';
import { positiveInteger, rate } from '../terminal/option-parsers.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import type { RunCommand } from './command-steps.js';
import type { DemoOptions } from './run-demo.js';

/** @param runCommand runs another command line of this program, as a person would */
export function registerDemo(program: Command, runCommand: RunCommand): void {
  const command = program
    .command('demo')
    .description(
      'a real stream on this machine: Kafka, ClickHouse, all services, and electricity prices flowing through, with the loop closed',
    )
    .option('--for <duration>', 'publish for so long, then sum up and end, e.g. 60s (default: until Ctrl-C)', duration)
    .option('--events <count>', 'publish so many half-hours, then sum up and end', positiveInteger)
    .option('--rate <rate>', 'half-hours per second: two days of data at 100', rate, 100)
    .option('--no-sabotage', 'no bad model; else a demo of three minutes or more registers one after half of its time')
    .option('--free-ports', 'take free ports instead of the usual ones');
  withExamples(withJson(command), [
    'eddyline demo',
    'eddyline demo --for 5m',
    'eddyline demo --for 60s --rate 1000/s',
  ]).action((options: DemoOptions) =>
    runAction(options, async (reporter) => {
      // With all that it starts it takes longer to load than every other command together.
      const { runDemo } = await import('./run-demo.js');
      return runDemo(options, reporter, runCommand);
    }),
  );
  registerSabotage(command, runCommand);
}

function registerSabotage(demo: Command, runCommand: RunCommand): void {
  const command = demo
    .command('sabotage')
    .description('beside a running demo: register a model that is subtly bad, and see what the rollout makes of it');
  withExamples(withJson(command), ['eddyline demo sabotage']).action((options: { json?: boolean }) =>
    runAction(options, async (reporter) => {
      const { sabotage } = await import('./sabotage.js');
      const { demoData, PIPELINE } = await import('./pipeline-folder.js');
      await sabotage(PIPELINE, demoData(), runCommand, reporter);
      reporter.result({ ok: true, pipeline: PIPELINE });
    }),
  );
}

function duration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new InvalidArgumentError('Expected a duration such as 60s or 5m.');
  return milliseconds;
}
