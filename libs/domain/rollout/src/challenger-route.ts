import type { ChallengerMode, RolloutState, RolloutStep } from '#contracts';

export interface ChallengerRoute {
  readonly mode: ChallengerMode;
  /** Share of the keys, in [0, 1]. */
  readonly share: number;
}

const SHADOW: ChallengerRoute = { mode: 'shadow', share: 0 };

/**
 * What the challenger serves in a step. One that waits for approval keeps what it had before. Without steps it looks on
 * until it is promoted, so that it is loaded by then.
 */
export function routeIn(steps: readonly RolloutStep[], step: number): ChallengerRoute {
  const last = steps.slice(0, step + 1).findLast(({ kind }) => kind !== 'approval');
  return last === undefined || last.kind === 'approval' || last.kind === 'shadow'
    ? SHADOW
    : { mode: last.kind, share: last.share };
}

/** In the watch it is the version before that looks on. */
export function routeOf({ steps, step, phase }: Pick<RolloutState, 'steps' | 'step' | 'phase'>): ChallengerRoute {
  return phase === 'watch' ? SHADOW : routeIn(steps, step);
}

/** More than this share of the keys it must not get up to and in this step. */
export function largestShare(steps: readonly RolloutStep[], step: number): number {
  return Math.max(0, ...steps.slice(0, step + 1).map((one) => ('share' in one ? one.share : 0)));
}
