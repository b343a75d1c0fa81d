import type { BuiltInTrainer, Feature, MonotoneDirection, Scalar, TrainerDefinition } from '#contracts';
import { hyperparametersOf, problemOfDirection, problemOfMonotone, problemOfParameter } from '#domain/learn';
import { durationMs } from './duration.js';
import { COMMAND } from './loop-defaults.js';
import type { PipelineFile } from './pipeline-file.schema.js';
import type { Resolution } from './resolution.js';
import { sizeBytes } from './size.js';
import type { Path } from './yaml-source.js';
import { inOrder } from './in-order.js';

/**
 * Undefined: the file leaves the choice.
 * @param features that could be resolved
 */
export function resolveTrainer(
  { task, trainer, parameters }: PipelineFile['model'],
  features: readonly Feature[],
  resolution: Resolution,
): TrainerDefinition | undefined {
  if (trainer === undefined && parameters === undefined) return undefined;
  const entry = typeof trainer === 'string' ? { name: trainer } : (trainer ?? {});
  const path = ['model', 'trainer'];
  if (entry.command !== undefined) {
    for (const key of ['name', 'parameters', 'monotone'] as const) {
      if (entry[key] === undefined) continue;
      resolution.fail([...path, key], 'is of a trainer that is built in; leave it or `command` out', { at: 'key' });
    }
    if (parameters !== undefined) {
      const message = 'are of a trainer that is built in; give them to the program as arguments of `command`';
      resolution.fail(['model', 'parameters'], message, { at: 'key' });
    }
    const timeoutMs = durationMs(entry.timeout ?? COMMAND.timeout);
    if (timeoutMs === 0) resolution.fail([...path, 'timeout'], 'must be more than 0');
    const memoryBytes = sizeBytes(entry.memory ?? COMMAND.memory);
    if (!(memoryBytes > 0)) resolution.fail([...path, 'memory'], 'must be more than 0, and a size that there is');
    return { kind: 'command', command: entry.command, timeoutMs, memoryBytes };
  }
  for (const key of ['timeout', 'memory'] as const) {
    if (entry[key] !== undefined) resolution.fail([...path, key], 'is of a `command`; leave it out', { at: 'key' });
  }
  if (trainer !== undefined && entry.name === undefined) {
    resolution.fail(path, 'names no trainer; add `name: gbdt`, or `command: [<program>, …]`');
  }
  if (parameters !== undefined && entry.parameters !== undefined) {
    resolution.fail(['model', 'parameters'], 'stand in `trainer` too; leave one of the two out', { at: 'key' });
  }
  const fixed: Readonly<Record<string, Scalar>> = entry.parameters ?? parameters ?? {};
  const name = entry.name ?? DEFAULT_TRAINER;
  const place = entry.parameters === undefined ? ['model', 'parameters'] : [...path, 'parameters'];
  for (const [parameter, value] of Object.entries(fixed)) {
    checkParameter(name, parameter, [value], [...place, parameter], resolution);
  }
  const monotone = inOrder(entry.monotone ?? {});
  checkMonotone(monotone, { trainer: name, task, features }, [...path, 'monotone'], resolution);
  const isBound = Object.keys(monotone).length > 0;
  return { kind: 'built-in', trainer: name, parameters: inOrder(fixed), ...(isBound && { monotone }) };
}

function checkMonotone(
  monotone: Readonly<Record<string, MonotoneDirection>>,
  of: {
    readonly trainer: BuiltInTrainer;
    readonly task: PipelineFile['model']['task'];
    readonly features: readonly Feature[];
  },
  path: Path,
  resolution: Resolution,
): void {
  const bound = Object.keys(monotone);
  if (bound.length === 0 || of.features.length === 0) return; // features that nobody could read are told of there
  const problem = problemOfMonotone(of.trainer, of.task);
  if (problem !== null) resolution.fail(path, `${problem}; leave it out`, { at: 'key' });
  for (const name of bound) {
    const feature = of.features.find((one) => one.name === name);
    if (feature === undefined) {
      const known = of.features.map((one) => one.name);
      resolution.unknown('there is no feature', name, known, [...path, name], 'there are', { at: 'key' });
      continue;
    }
    const why = problemOfDirection(feature);
    if (why !== null) resolution.fail([...path, name], `${why}; leave it out`, { at: 'key' });
  }
}

export const DEFAULT_TRAINER: BuiltInTrainer = 'gbdt';

/** @param values that are fixed or to be tried */
export function checkParameter(
  trainer: BuiltInTrainer,
  name: string,
  values: readonly Scalar[],
  path: Path,
  resolution: Pick<Resolution, 'fail' | 'unknown'>,
): void {
  const known = Object.keys(hyperparametersOf(trainer));
  if (!known.includes(name)) {
    resolution.unknown(`${trainer} has no hyperparameter`, name, known, path, 'it has', { at: 'key' });
    return;
  }
  for (const value of values) {
    const problem = problemOfParameter(trainer, name, value);
    if (problem !== null) resolution.fail(path, problem);
  }
}
