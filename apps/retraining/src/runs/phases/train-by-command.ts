import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidate, TrainerDefinition } from '#contracts';
import { classesOf } from '#domain/learn';
import { holdoutFrom, type DatasetContent } from '#platform/training-data';
import { trainByCommand } from '#platform/trainers';
import type { PhaseTask } from '../phase-messages.js';
import { trainingSettingsOf } from './training-settings.js';
import { refused, type Phase, type PhasePorts } from './phase-ports.js';

/** Folders of runs that are kept of a pipeline, with what their programs wrote. */
const RUNS_KEPT = 10;
/** For the program to end in order, before it is ended by force. */
const GRACE_MS = 1_000;

/** Has a program of the user's make the model. */
export async function trainWithCommand(
  { definition, run, resources }: PhaseTask,
  trainer: Extract<TrainerDefinition, { kind: 'command' }>,
  { rows }: DatasetContent,
  { artifacts, tell, log, signal }: PhasePorts,
): ReturnType<Phase> {
  const { holdout, seed, metric } = trainingSettingsOf(definition);
  const from = holdoutFrom(rows.length, holdout);
  const folders = join(resources.trainer.folder, definition.name);
  const folder = join(folders, run.id);
  await forgetOldest(folders, run.id);
  tell({ text: `is trained by ${trainer.command.join(' ')}; its log: ${folder}`, ratio: null });
  const result = await trainByCommand({
    trainer,
    pipeline: definition.name,
    features: definition.features,
    task: definition.model.task,
    classes: classesOf(definition),
    rows: rows.slice(0, from),
    holdoutRows: rows.length - from,
    seed,
    metric,
    folder,
    directory: resources.trainer.directory,
    environment: resources.trainer.environment,
    signal,
    graceMs: GRACE_MS,
  });
  if (!result.ok) return refused(result.kind === 'refused' ? result.message : 'it was cancelled');
  log(`${run.id}: what the trainer wrote lies in ${result.logFile}`);
  const stored = await artifacts.put(result.onnx);
  const candidate: Candidate = {
    artifactUri: stored.uri,
    sha256: stored.sha256,
    explainer: null,
    trainer: trainer.command.join(' '),
    parameters: { residentBytes: result.residentBytes },
    metrics: result.metrics,
    seconds: result.seconds,
  };
  return { kind: 'done', product: { phase: 'training', candidate } };
}

async function forgetOldest(folders: string, own: string): Promise<void> {
  await mkdir(folders, { recursive: true });
  const others = (await readdir(folders)).filter((name) => name !== own);
  const dated = await Promise.all(
    others.map(async (name) => ({ name, ms: (await stat(join(folders, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  const old = dated.toSorted((a, b) => b.ms - a.ms).slice(RUNS_KEPT - 1);
  for (const { name } of old) await rm(join(folders, name), { recursive: true, force: true });
}
