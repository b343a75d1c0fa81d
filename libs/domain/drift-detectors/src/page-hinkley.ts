import type { Detector, Step } from './detector.js';

export interface PageHinkleyOptions {
  /** Values before a change is looked for. */
  readonly minInstances: number;
  /** Deviations from the mean that are tolerated. */
  readonly delta: number;
  /** How far the sum of deviations may come from its extreme (λ). */
  readonly threshold: number;
  /** Share of the sum that is kept at each value. */
  readonly alpha: number;
}

export interface PageHinkleyState {
  readonly values: number;
  readonly mean: number;
  /** Discounted sums of deviations, less and plus δ. */
  readonly rise: number;
  readonly fall: number;
  /** Where each sum was at its extreme: the change is held to have begun there. */
  readonly lowest: Extreme | null;
  readonly highest: Extreme;
  /** The last value was a change: the next one begins anew. */
  readonly changed: boolean;
}

interface Extreme {
  readonly sum: number;
  /** Of the values until then. */
  readonly values: number;
  readonly mean: number;
}

/**
 * Page–Hinkley test for a rise or a fall of the mean (Page 1954, with a forgetting factor), as River 0.26.1 with
 * `mode="both"`: the same values at the same time.
 */
export const pageHinkley: Detector<PageHinkleyState, PageHinkleyOptions> = {
  initial: {
    values: 0,
    mean: 0,
    rise: 0,
    fall: 0,
    lowest: null,
    // River begins there too.
    highest: { sum: -1, values: 0, mean: 0 },
    changed: false,
  },

  step(before, value, { minInstances, delta, threshold, alpha }): Step<PageHinkleyState> {
    const from = before.changed ? pageHinkley.initial : before;
    const values = from.values + 1;
    const mean = from.mean + (value - from.mean) / values;
    const deviation = value - mean;
    const rise = alpha * from.rise + deviation - delta;
    const fall = alpha * from.fall + deviation + delta;
    const here = { values, mean };
    const lowest = from.lowest === null || rise < from.lowest.sum ? { ...here, sum: rise } : from.lowest;
    const highest = fall > from.highest.sum ? { ...here, sum: fall } : from.highest;
    const rose = rise - lowest.sum > threshold;
    const changed = values >= minInstances && (rose || highest.sum - fall > threshold);
    const state = { values, mean, rise, fall, lowest, highest, changed };
    return { state, change: changed ? changeSince(rose ? lowest : highest, state) : null };
  },
};

function changeSince(extreme: Extreme, { values, mean }: PageHinkleyState): Step<never>['change'] {
  const since = values - extreme.values;
  return { before: extreme.mean, after: (mean * values - extreme.mean * extreme.values) / since, values: since };
}
