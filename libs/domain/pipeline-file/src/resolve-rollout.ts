import type { LabelDefinition, RolloutDefinition, RolloutStep } from '#contracts';
import { durationMs } from './duration.js';
import type { LoopContext } from './loop-context.js';
import { HOLD, PATIENCE_MS, ROLLOUT } from './loop-defaults.js';
import { resolveGuards } from './resolve-guards.js';
import type { RolloutSection, StepEntry } from './rollout.schema.js';
import { shareOf } from './share.js';
import type { Path } from './yaml-source.js';

/** Holds that a rollout may take longer than, before it is given up: labels come late, and more rows are waited for. */
const SLACK = 3;

export function resolveRollout(
  section: RolloutSection,
  label: LabelDefinition | undefined,
  context: LoopContext,
): RolloutDefinition {
  const steps = resolveSteps(section.steps ?? ROLLOUT.steps, context);
  return {
    steps,
    guards: resolveGuards(section, context),
    falseRollbackRate: section.falseRollbackRate ?? ROLLOUT.falseRollbackRate,
    falsePromotionRate: falsePromotionRateOf(section, context),
    minLabelled: minLabelledOf(section, context),
    watchMs: durationMs(section.watch ?? ROLLOUT.watch),
    deadlineMs: deadlineOf(section, steps, label, context),
  };
}

function resolveSteps(entries: readonly StepEntry[], context: LoopContext): readonly RolloutStep[] {
  let served = 0;
  return entries.flatMap((entry, index) => {
    const path = ['rollout', 'steps', index];
    const step = stepOf(entry, path, context);
    if (step?.kind === 'shadow' && served > 0) {
      context.fail(path, 'a shadow comes before the steps that serve; move it up, or leave it out');
    }
    if (step?.kind === 'canary' || step?.kind === 'ab') {
      if (step.share <= served) {
        const message = `its share must rise: ${percent(step.share)} comes after ${percent(served)}`;
        context.fail([...path, step.kind], message);
      }
      served = Math.max(served, step.share);
    }
    return step === undefined ? [] : [step];
  });
}

function stepOf(entry: StepEntry, path: Path, context: LoopContext): RolloutStep | undefined {
  if (entry === 'approval') return { kind: 'approval' };
  const { shadow, canary, ab, hold } = entry;
  const given = (['shadow', 'canary', 'ab'] as const).filter((key) => entry[key] !== undefined);
  if (given.length !== 1) {
    const message =
      given.length === 0
        ? 'is no step; write { shadow: 10m }, { canary: 5%, hold: 10m }, { ab: 50%, hold: 1d } or approval'
        : `is ${given.join(' and ')} at once; make each a step of its own`;
    context.fail(path, message);
    return undefined;
  }
  if (shadow !== undefined) {
    if (hold !== undefined) {
      context.fail([...path, 'hold'], 'a shadow says itself how long it lasts; leave `hold` out', { at: 'key' });
    }
    return { kind: 'shadow', holdMs: holdOf(shadow, [...path, 'shadow'], context) };
  }
  const kind = canary === undefined ? 'ab' : 'canary';
  const share = shareOf(canary ?? ab!);
  if (!(share > 0 && share <= 1)) {
    context.fail([...path, kind], 'must be more than 0% and at most 100%');
  } else if (kind === 'ab' && share === 1) {
    context.fail([...path, kind], 'leaves nobody to compare with; a half each is 50%');
  }
  return { kind, share, holdMs: holdOf(hold ?? HOLD, [...path, 'hold'], context) };
}

function holdOf(text: string, path: Path, context: LoopContext): number {
  const ms = durationMs(text);
  if (ms === 0) context.fail(path, 'must be more than 0: a step that holds for no time shows nothing');
  return ms;
}

function falsePromotionRateOf({ falsePromotionRate }: RolloutSection, context: LoopContext): number | null {
  if (falsePromotionRate === undefined || falsePromotionRate === null) return null;
  if (!context.hasLabel) {
    const message =
      'needs labels: only they tell that a challenger is better; add a section `label`, or leave this out';
    context.fail(['rollout', 'falsePromotionRate'], message, { at: 'key' });
  }
  return falsePromotionRate;
}

function minLabelledOf({ minLabelled }: RolloutSection, context: LoopContext): number {
  if (context.hasLabel) return minLabelled ?? ROLLOUT.minLabelled;
  if (minLabelled !== undefined && minLabelled > 0) {
    const message = 'would be waited for without end: the file has no section `label`; add one, or leave this out';
    context.fail(['rollout', 'minLabelled'], message, { at: 'key' });
  }
  return 0;
}

function deadlineOf(
  { deadline }: RolloutSection,
  steps: readonly RolloutStep[],
  label: LabelDefinition | undefined,
  context: LoopContext,
): number {
  const holds = steps.reduce((sum, step) => sum + (step.kind === 'approval' ? 0 : step.holdMs), 0);
  if (deadline === undefined) {
    const people = steps.some(({ kind }) => kind === 'approval' || kind === 'ab') ? PATIENCE_MS : 0;
    return SLACK * holds + (label?.withinMs ?? 0) + people;
  }
  const ms = durationMs(deadline);
  if (ms <= holds) {
    context.fail(['rollout', 'deadline'], `${deadline} is over before the steps are, which hold for longer together`);
  }
  return ms;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))}%`;
}
