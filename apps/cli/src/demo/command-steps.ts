import { CliFailure } from '../terminal/failure.js';
import type { Reporter } from '../terminal/reporter.js';

/** Runs another command line of this program, as a person would. */
export type RunCommand = (args: readonly string[]) => Promise<number>;

/**
 * Commands that a person would type, told as they run.
 *
 * @param common arguments of each that are not told
 * @returns a step, which throws CliFailure where its command fails
 */
export function commandSteps(
  runCommand: RunCommand,
  reporter: Reporter,
  common: readonly string[] = [],
): (...args: readonly string[]) => Promise<void> {
  return async function step(...args) {
    reporter.note(`\n$ eddyline ${args.join(' ')}`);
    const code = await runCommand([...args, ...common]);
    if (code !== 0) throw new CliFailure(`eddyline ${args[0]} ended with exit code ${code}; its reason is above`);
  };
}
