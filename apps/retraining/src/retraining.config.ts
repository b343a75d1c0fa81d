import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import {
  artifactsUriField,
  byteSize,
  checkServiceConfig,
  clickhouseUrlField,
  duration,
  integer,
  ratio,
  serviceConfigShape,
  variable,
} from '#platform/config';

export const retrainingConfig = z
  .object({
    ...serviceConfigShape({ port: 8086 }),
    clickhouseUrl: clickhouseUrlField(),
    /** Where training data, models and what explains them are put. */
    artifacts: artifactsUriField(),
    /** How often the loop of a pipeline looks at its log. */
    loopEveryMs: variable('EDDYLINE_LOOP_EVERY', duration().default(1_000), { example: '1s' }),
    /** What one query of a guard, or of a trigger, may take. */
    guardQueryTimeoutMs: variable('EDDYLINE_GUARD_QUERY_TIMEOUT', duration().default(15_000), { example: '15s' }),
    guardQueryMemoryBytes: variable('EDDYLINE_GUARD_QUERY_MEMORY', byteSize().default(1 << 30), { example: '1GiB' }),
    /** Of the time, what looking at guards may take at most; it rests in between. */
    guardShare: variable(
      'EDDYLINE_GUARD_SHARE',
      ratio()
        .refine((share) => share > 0, 'is 0: guards would never be looked at')
        .default(0.25),
      {
        example: '0.25',
      },
    ),
    /** What the query may take that collects training data, or replays the log for a backtest. */
    dataQueryTimeoutMs: variable('EDDYLINE_DATA_QUERY_TIMEOUT', duration().default(600_000), { example: '10m' }),
    dataQueryMemoryBytes: variable('EDDYLINE_DATA_QUERY_MEMORY', byteSize().default(4 * 2 ** 30), { example: '4GiB' }),
    /** Runs at once in this process, of all its pipelines; the others wait. */
    trainings: variable('EDDYLINE_TRAININGS', integer(1, 64).default(1), { example: '1' }),
    /** How often a phase of a run is begun at most, when processes die in it; then the run fails. */
    runAttempts: variable('EDDYLINE_RUN_ATTEMPTS', integer(1, 100).default(3), { example: '3' }),
    /** Heap of the process that trains; a command has the limit that the pipeline file gives it. */
    trainingMemoryBytes: variable('EDDYLINE_TRAINING_MEMORY', byteSize().default(4 * 2 ** 30), { example: '4GiB' }),
    /** Where programs that train are run, and paths in a pipeline file's `command` begin. */
    trainerDirectory: variable('EDDYLINE_TRAINER_DIRECTORY', z.string().min(1).default('.'), {
      example: '/srv/trainers',
    }),
    /** Where they find their rows and leave their models and logs, a folder for each run. */
    trainerFolder: variable('EDDYLINE_TRAINER_FOLDER', z.string().min(1).default(join(tmpdir(), 'eddyline-trainers')), {
      example: '/var/lib/eddyline/trainers',
    }),
    /** How far the process that trains stands back for others: 0 not at all, 19 as far as it goes. */
    trainingNice: variable('EDDYLINE_TRAINING_NICE', integer(0, 19).default(10), { example: '10' }),
  })
  .superRefine(checkServiceConfig);

export type RetrainingConfig = z.infer<typeof retrainingConfig>;

/** What the process of a phase needs of this one's environment: how the artifact store is entered. */
export function phaseEnvironment(): Readonly<Record<string, string>> {
  return inherited(/^(PATH|HOME|TMPDIR|AWS_.*)$/);
}

/** What a program of the user's sees: where programs and their libraries lie, and nothing that is secret. */
export function trainerEnvironment(): Readonly<Record<string, string>> {
  return inherited(/^(PATH|HOME|LANG|LC_ALL|TMPDIR|LD_LIBRARY_PATH|VIRTUAL_ENV|PYTHONPATH)$/);
}

function inherited(wanted: RegExp): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && wanted.test(name) ? [[name, value]] : [],
    ),
  );
}
