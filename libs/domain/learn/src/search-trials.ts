import type { BuiltInTrainer, Scalar, SearchDefinition } from '#contracts';
import { seededUniforms } from '#domain/statistics';
import { completeParameters, hyperparametersOf, type Hyperparameter, type Parameters } from './hyperparameters.js';

/** Draws without luck after which the space is taken to be spent. */
const MOST_DRAWS = 50;

/**
 * The combinations to try, complete, in the order in which to try them; none twice, and the same for a seed. Without a space of
 * its own a random search begins with the defaults, and draws the others from the trainer's ranges.
 */
export function combinationsOf(
  trainer: BuiltInTrainer,
  fixed: Parameters,
  search: SearchDefinition | null,
  seed: number,
): readonly Parameters[] {
  const byDefault = completeParameters(trainer, fixed);
  if (search === null) return [byDefault];
  const uniform = seededUniforms(seed);
  const space = Object.entries(search.space);
  if (search.method === 'grid') return gridOf(byDefault, space, search.trials, uniform);
  const ranges = Object.entries(hyperparametersOf(trainer)).filter(
    ([name, { search: range }]) => range !== null && !Object.hasOwn(fixed, name),
  );
  const draw = (): Parameters =>
    space.length > 0
      ? Object.fromEntries(space.map(([name, values]) => [name, oneOf(values, uniform)]))
      : Object.fromEntries(ranges.map(([name, parameter]) => [name, drawn(parameter, uniform)]));
  const found = new Map<string, Parameters>();
  if (space.length === 0) found.set(JSON.stringify(byDefault), byDefault);
  for (let idle = 0; found.size < search.trials && idle < MOST_DRAWS; idle++) {
    const parameters = { ...byDefault, ...draw() };
    const key = JSON.stringify(parameters);
    if (found.has(key)) continue;
    found.set(key, parameters);
    idle = 0;
  }
  return [...found.values()];
}

/** All combinations in order; of more than may be tried, some by chance. */
function gridOf(
  byDefault: Parameters,
  space: readonly (readonly [string, readonly Scalar[]])[],
  trials: number,
  uniform: () => number,
): readonly Parameters[] {
  const size = space.reduce((product, [, values]) => product * values.length, 1);
  const at = (index: number): Parameters => {
    let rest = index;
    const chosen = space.toReversed().map(([name, values]) => {
      const value = values[rest % values.length]!;
      rest = Math.floor(rest / values.length);
      return [name, value] as const;
    });
    return { ...byDefault, ...Object.fromEntries(chosen) };
  };
  if (size <= trials) return Array.from({ length: size }, (_, index) => at(index));
  const chosen = new Set<number>();
  while (chosen.size < trials) chosen.add(Math.floor(uniform() * size));
  return [...chosen].sort((a, b) => a - b).map(at);
}

function oneOf(values: readonly Scalar[], uniform: () => number): Scalar {
  return values[Math.floor(uniform() * values.length)]!;
}

function drawn(parameter: Hyperparameter, uniform: () => number): Scalar {
  if (parameter.kind === 'choice') return oneOf(parameter.search!, uniform);
  const { from, to, scale } = parameter.search!;
  const value = scale === 'log' ? from * (to / from) ** uniform() : from + (to - from) * uniform();
  // Six digits say it all, and read well in a model's card.
  return parameter.isWhole ? Math.round(value) : Number(value.toPrecision(6));
}

/** Trials that must have come as far before one is judged by them. */
const LEAST_RIVALS = 4;

/**
 * The median rule (Golovin et al. 2017): a trial whose mean over its folds so far is worse than the median of what others had after as many is
 * not worth its other folds.
 *
 * @param rivals scores by fold of the trials before; lower is better
 */
export function isHopeless(scores: readonly number[], rivals: readonly (readonly number[])[]): boolean {
  const count = scores.length;
  const others = rivals.filter((folds) => folds.length >= count).map((folds) => meanUpTo(folds, count));
  if (others.length < LEAST_RIVALS) return false;
  return meanUpTo(scores, count) > medianOf(others);
}

function meanUpTo(values: readonly number[], count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i]!;
  return sum / count;
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
