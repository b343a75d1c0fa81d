import { InvalidArgumentError, type Command } from 'commander';
import type { QuarantineFilter } from '../quarantine/quarantine-filter.js';
import { since } from '../terminal/option-parsers.js';

/** The options by which quarantined records are chosen: the same ones on every command. */
export interface SelectionOptions {
  readonly reason?: string;
  readonly stage?: string;
  readonly key?: string;
  readonly since?: number;
  readonly until?: number;
  readonly run?: string;
}

export function withSelection(command: Command): Command {
  return command
    .option('--reason <code>', 'only this reason, e.g. range', nonEmpty)
    .option('--stage <name>', 'only what this stage set aside, e.g. validation', nonEmpty)
    .option('--key <text>', 'only records with this key', nonEmpty)
    .option('--since <time>', 'only from this time on: ISO 8601, or a duration back from now such as 2h or 3d', since)
    .option('--until <time>', 'only before this time, written as for --since', since)
    .option('--run <name>', 'only what was refused again after this run of replay put it back', nonEmpty);
}

export function filterOf({ reason, stage, key, since, until, run }: SelectionOptions): QuarantineFilter {
  return {
    ...(reason !== undefined && { reason }),
    ...(stage !== undefined && { stage }),
    ...(key !== undefined && { key }),
    ...(since !== undefined && { sinceMs: since }),
    ...(until !== undefined && { untilMs: until }),
    ...(run !== undefined && { run }),
  };
}

function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty: is a variable unset?');
  return text;
}
