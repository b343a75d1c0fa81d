import type { Feature, ModelTask, TrainerDefinition } from '#contracts';
import type { DatasetContent } from '#platform/training-data';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { endLeftover, noteGroup } from './leftover.js';
import { readResults, type TrainerResults } from './read-results.js';
import { runBounded, type ProgramRun } from './run-bounded.js';
import {
  COLUMNS,
  featureColumnsOf,
  LOG_FILE,
  METRICS_FILE,
  MODEL_FILE,
  SPEC_FILE,
  TRAINING_FILE,
  type TrainerSpec,
} from './trainer-spec.js';
import { writeTrainingFile } from './write-training-file.js';

export interface CommandTraining {
  readonly trainer: Extract<TrainerDefinition, { kind: 'command' }>;
  readonly pipeline: string;
  readonly features: readonly Feature[];
  readonly task: ModelTask;
  readonly classes: number | null;
  /** Rows to train on, in the order of time: without the holdout. */
  readonly rows: DatasetContent['rows'];
  readonly holdoutRows: number;
  readonly seed: number;
  readonly metric: string;
  /** Working folder of this run alone; made anew. What was left in it is removed. */
  readonly folder: string;
  /** Where the command is run: relative paths in it begin here. */
  readonly directory: string;
  /** Everything that the program sees of the environment, PATH included: credentials stay out. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Between asking it to end and ending it by force. Default 5,000 ms. */
  readonly graceMs?: number;
}

export type CommandTrainingResult = Pick<ProgramRun, 'output' | 'seconds' | 'residentBytes'> & {
  /** All that the program wrote. */
  readonly logFile: string;
} & (
    | ({ readonly ok: true } & TrainerResults)
    | { readonly ok: false; readonly kind: 'cancelled' }
    /** What went wrong and how to mend it, with the last lines that the program wrote. */
    | { readonly ok: false; readonly kind: 'refused'; readonly message: string }
  );

const LAST_LINES = 15;

/**
 * Trains with a program of the user's: it gets a Parquet file and `spec.json`, and writes an ONNX file and its metrics
 * (docs/external-trainers.md). A repetition begins anew: a program that a process which died has left running is ended first.
 */
export async function trainByCommand(training: CommandTraining): Promise<CommandTrainingResult> {
  const folder = resolve(training.folder);
  await endLeftover(folder);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const spec = specOf(training, folder);
  const { features, rows, trainer } = training;
  writeTrainingFile(spec.files.training, { features, rows });
  const specFile = join(folder, SPEC_FILE);
  await writeFile(specFile, `${JSON.stringify(spec, null, 2)}\n`);
  const logFile = join(folder, LOG_FILE);
  const run = await runBounded({
    command: [...trainer.command, specFile],
    environment: { ...training.environment, EDDYLINE_TRAINER_SPEC: specFile },
    directory: training.directory,
    timeoutMs: trainer.timeoutMs,
    memoryBytes: trainer.memoryBytes,
    logFile,
    onStarted: (pid) => noteGroup(folder, pid),
    ...(training.signal && { signal: training.signal }),
    ...(training.graceMs !== undefined && { graceMs: training.graceMs }),
  });
  const { end, ...facts } = run;
  const about = { ...facts, logFile };
  if (end.kind === 'cancelled') return { ok: false, kind: 'cancelled', ...about };
  const trouble = troubleOf(run, training);
  if (trouble !== null) return { ok: false, kind: 'refused', message: withLog(trouble, run, logFile), ...about };
  const read = await readResults(spec.files, features, training.task);
  if (read.ok) return { ok: true, ...read.results, ...about };
  const message = withLog(`the trainer ${named(trainer)}: ${read.message}`, run, logFile);
  return { ok: false, kind: 'refused', message, ...about };
}

function specOf(training: CommandTraining, folder: string): TrainerSpec {
  return {
    protocol: 'eddyline.trainer/1',
    pipeline: training.pipeline,
    task: training.task,
    classes: training.classes,
    features: featureColumnsOf(training),
    columns: COLUMNS,
    rows: training.rows.length,
    holdoutRows: training.holdoutRows,
    seed: training.seed,
    metric: training.metric,
    files: {
      training: join(folder, TRAINING_FILE),
      model: join(folder, MODEL_FILE),
      metrics: join(folder, METRICS_FILE),
    },
  };
}

/** Null: it ended well. */
function troubleOf({ end }: ProgramRun, { trainer, directory }: CommandTraining): string | null {
  const name = `the trainer ${named(trainer)}`;
  switch (end.kind) {
    case 'exited':
      return end.code === 0 ? null : `${name} ended with exit code ${end.code}`;
    case 'killed':
      return `${name} was ended from outside by ${end.signal}`;
    case 'not_started':
      return `${name} cannot be started in ${directory}: ${end.reason}; name a program that is there under model.trainer.command`;
    case 'too_slow':
      return (
        `${name} was ended after ${trainer.timeoutMs / 1_000} s: ` +
        'give it longer under model.trainer.timeout, or fewer rows under retrain.maxRows'
      );
    case 'too_large':
      return (
        `${name} was ended at ${mebibytes(end.residentBytes)} of memory, it may have ${mebibytes(trainer.memoryBytes)}: ` +
        'give it more under model.trainer.memory, or fewer rows under retrain.maxRows'
      );
    case 'cancelled':
      return `${name} was cancelled`;
  }
}

function withLog(trouble: string, { output }: ProgramRun, logFile: string): string {
  const lines = output.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  return lines === '' ? `${trouble}; it wrote nothing` : `${trouble}; it wrote (all of it: ${logFile})\n${lines}`;
}

function named({ command }: CommandTraining['trainer']): string {
  return command.join(' ');
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}
