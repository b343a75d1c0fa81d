import type { PipelineDefinition, RolloutDefinition, TrainerDefinition } from '#contracts';
import { canonicalJson } from './canonical-json.js';
import { change, diffNamed, ms, type DefinitionChange } from './definition-change.js';

type Loop = Pick<PipelineDefinition, 'model' | 'retrain' | 'gates' | 'rollout' | 'explain'>;

/** Who trains, when, what a candidate must show, and how it comes to serve. */
export function diffLoop(before: Loop, after: Loop): readonly DefinitionChange[] {
  return [
    ...diffSection('retrain', before.retrain, after.retrain, {
      comes: 'new models are trained from now on when a trigger asks for one',
      goes: 'no trigger asks for new models any more',
    }),
    ...diffSection('gates', before.gates, after.gates, {
      comes: 'candidates must pass gates from now on',
      goes: 'no gate judges candidates any more',
    }),
    ...diffRollout(before.rollout, after.rollout),
    ...diffSection('explain', before.explain, after.explain, {
      comes: 'predictions are explained from now on',
      goes: 'predictions are explained on demand only; the explanations there are stay',
    }),
  ];
}

/** Left out is gradient-boosted trees. */
const DEFAULT_TRAINER: TrainerDefinition = { kind: 'built-in', trainer: 'gbdt', parameters: {} };

export function diffTrainer(
  before: TrainerDefinition | undefined,
  after: TrainerDefinition | undefined,
): readonly DefinitionChange[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const [old, now] = [shown(before ?? DEFAULT_TRAINER), shown(after ?? DEFAULT_TRAINER)];
  const message =
    old === now
      ? `is said to be what it was without saying: ${now}`
      : `changes from ${old} to ${now}; the next model is trained by it`;
  return [change('model.trainer', message, false)];
}

function shown(trainer: TrainerDefinition): string {
  if (trainer.kind === 'command') {
    return `\`${trainer.command.join(' ')}\` (at most ${ms(trainer.timeoutMs)} and ${trainer.memoryBytes} bytes)`;
  }
  const told = [
    ...Object.entries(trainer.parameters).map(([name, value]) => `${name} ${value}`),
    ...Object.entries(trainer.monotone ?? {}).map(([feature, direction]) => `${direction} with ${feature}`),
  ];
  return told.length === 0 ? trainer.trainer : `${trainer.trainer} (${told.join(', ')})`;
}

const COMES_AND_GOES = {
  comes: 'a version that is promoted goes through steps from now on, guarded',
  goes: 'a version that is promoted serves at once from now on',
} as const;

/** A rollout that is under way goes on by the steps that it began with. */
function diffRollout(
  before: RolloutDefinition | undefined,
  after: RolloutDefinition | undefined,
): readonly DefinitionChange[] {
  if (before === undefined || after === undefined) return diffSection('rollout', before, after, COMES_AND_GOES);
  const { guards: oldGuards, ...old } = before;
  const { guards, ...now } = after;
  const named = (all: RolloutDefinition['guards']) => all.map((guard) => ({ ...guard, name: guard.metric }));
  return [
    ...diffSection('rollout', old, now, COMES_AND_GOES),
    ...diffNamed('rollout.guard', named(oldGuards), named(guards)),
  ];
}

/** Keys of definitions that files write otherwise. */
const WRITTEN: Readonly<Record<string, string>> = { triggers: 'on', maxSizeBytes: 'maxSize' };

function diffSection(
  path: string,
  before: object | undefined,
  after: object | undefined,
  words: { readonly comes: string; readonly goes: string },
): readonly DefinitionChange[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [change(path, words.comes, false)];
  if (after === undefined) return [change(path, words.goes, false)];
  const old = new Map<string, unknown>(Object.entries(before));
  return Object.entries(after).flatMap(([key, value]: [string, unknown]) => {
    const was = old.get(key);
    if (canonicalJson(was) === canonicalJson(value)) return [];
    const isDuration = key.endsWith('Ms') && key !== 'maxLatencyMs';
    const written = WRITTEN[key] ?? (isDuration ? key.slice(0, -'Ms'.length) : key);
    const told = (it: unknown): string => (isDuration && typeof it === 'number' ? ms(it) : canonicalJson(it));
    return [change(`${path}.${written}`, `changes from ${told(was)} to ${told(value)}`, false)];
  });
}
