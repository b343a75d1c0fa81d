/** Exit codes of `eddyline`: 0 ok, 1 a problem was found or something failed, 2 the command was called wrongly. */
export type ExitCode = 0 | 1 | 2;

/**
 * Thrown when a command cannot do what it was asked for. The message is for a person: what, where, how to mend it.
 * `main` prints it on stderr without a stack and ends with `exitCode`; anything else that is thrown is a bug and keeps its stack.
 */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';

  constructor(
    message: string,
    readonly exitCode: ExitCode = 1,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The command line itself is wrong: exit code 2. */
export function usageFailure(message: string): CliFailure {
  return new CliFailure(message, 2);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
