import type { PipelineDefinition, PipelineFlag } from '#contracts';
import { didYouMean } from '#domain/spelling';

/** What a person sets. */
export type FlagSetting = Pick<PipelineFlag, 'target' | 'on' | 'value' | 'share'>;

/** The kinds of targets that are more than a word, with what may stand behind the colon. */
const NAMED = {
  feature: ({ features }: PipelineDefinition) => features.map(({ name }) => name),
  rule: ({ expectations }: PipelineDefinition) => expectations.map(({ name }) => name),
  monitor: ({ monitoring }: PipelineDefinition) => (monitoring?.monitors ?? []).map(({ name }) => name),
} as const;

/** Every target that a pipeline has, by its definition. */
export function flagTargetsOf(definition: PipelineDefinition): readonly string[] {
  return [
    ...(definition.explain === undefined ? [] : ['explanations']),
    ...(definition.retrain === undefined ? [] : ['retraining']),
    ...(definition.model.task === 'binary-classification' ? ['threshold'] : []),
    ...Object.entries(NAMED).flatMap(([kind, namesOf]) => namesOf(definition).map((name) => `${kind}:${name}`)),
  ];
}

/** Why a flag can't be set, with the way out; undefined: it can. */
export function problemOfFlag(
  { target, on, value, share }: FlagSetting,
  definition: PipelineDefinition,
): string | undefined {
  const known = flagTargetsOf(definition);
  if (!known.includes(target))
    return `${definition.name} has nothing to switch called ${target}${whatThereIs(target, definition, known)}`;
  if (target !== 'threshold') {
    if (value !== null) return `--value is the threshold's; ${target} is on or off`;
  } else if (on && value === null) {
    return 'a threshold needs its value: --value 0.7';
  } else if (!on && value !== null) {
    return "a threshold that is off is the file's: leave --value out";
  } else if (value !== null && !(value >= 0 && value <= 1)) {
    return `a threshold is a number from 0 to 1, not ${value}`;
  }
  if (!(share > 0 && share <= 1)) return 'a share is more than 0% and at most 100%';
  const isWhole = target === 'retraining' || target.startsWith('monitor:');
  if (share < 1 && isWhole) return `${target} is no matter of keys: leave --share out`;
  return undefined;
}

function whatThereIs(target: string, definition: PipelineDefinition, known: readonly string[]): string {
  const near = didYouMean(target, known);
  if (near !== '') return near;
  const [kind = ''] = target.split(':');
  if (target === 'explanations') return '; its file explains nothing as it comes (section explain)';
  if (target === 'retraining') return '; its file trains nothing by itself (section retrain)';
  const names = isNamed(kind) ? NAMED[kind](definition).map((name) => `${kind}:${name}`) : known;
  return names.length === 0 ? `; it has no ${kind}` : `; there are ${names.join(', ')}`;
}

function isNamed(kind: string): kind is keyof typeof NAMED {
  return Object.hasOwn(NAMED, kind);
}

/** A flag for a person. */
export function flagText({ target, on, value, share }: FlagSetting): string {
  const what = value === null ? `${target} is ${on ? 'on' : 'off'}` : `${target} is ${value}`;
  return share === 1 ? what : `${what} for ${Number((share * 100).toPrecision(6))} % of the keys`;
}
