import type { RolloutDefinition, RolloutState, RolloutStep } from '#contracts';
import type { Decision } from './decision.js';

/** The step after the one that is over: the next, or the promotion. @param why a clause for a person */
export function passOn(
  rollout: Pick<RolloutState, 'version' | 'against' | 'steps' | 'step'>,
  { watchMs }: Pick<RolloutDefinition, 'watchMs'>,
  why: string,
  evidence: Decision['evidence'],
): Decision {
  const { version, against, steps } = rollout;
  const next = rollout.step + 1;
  const step = steps[next];
  if (step !== undefined) {
    return {
      change: { kind: 'step_entered', step: next },
      version,
      summary: `Version ${version} ${described(step)} (step ${next + 1} of ${steps.length}): ${why}.`,
      evidence,
    };
  }
  const watched = watchMs > 0;
  return {
    change: { kind: 'promoted', version, watched },
    version,
    summary: `Version ${version} serves in place of ${against}${watched ? ', which looks on for a while' : ''}: ${why}.`,
    evidence,
  };
}

function described(step: RolloutStep): string {
  switch (step.kind) {
    case 'shadow':
      return 'scores in the shadow';
    case 'canary':
      return `serves ${percent(step.share)} of the keys`;
    case 'ab':
      return `serves ${percent(step.share)} of the keys in an A/B test`;
    case 'approval':
      return 'waits for approval';
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
