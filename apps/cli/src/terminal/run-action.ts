import type { Command } from 'commander';
import type { ExitCode } from './failure.js';
import { Reporter } from './reporter.js';

/** Every command can speak JSON; added here so that the wording and the name are the same everywhere. */
export function withJson(command: Command): Command {
  return command.option('--json', 'machine-readable result on stdout (progress stays on stderr)');
}

/** Adds an `Examples` section to a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n`);
}

/** Runs the work of a command: gives it a reporter, turns its exit code into the process's. Failures are thrown on to `main`. */
export async function runAction(
  options: { readonly json?: boolean },
  work: (reporter: Reporter) => Promise<ExitCode | void>,
): Promise<void> {
  const exitCode = await work(new Reporter(options.json === true));
  if (exitCode) process.exitCode = exitCode;
}
