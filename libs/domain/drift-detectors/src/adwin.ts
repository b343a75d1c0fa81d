import type { Detector, Step } from './detector.js';

export interface AdwinOptions {
  /** Share of false alarms that is accepted, in (0, 1). */
  readonly delta: number;
}

/**
 * The window as an exponential histogram: `levels[i]` holds up to five buckets of 2^i values, oldest first; the newest
 * values are in `levels[0]`. A few hundred numbers for a window of millions.
 */
export interface AdwinState {
  readonly levels: readonly Level[];
  readonly width: number;
  readonly total: number;
  /** Summed squared deviations from the window's mean. */
  readonly variance: number;
  /** Values since the window was empty. */
  readonly ticks: number;
  /** The last value was a change: the next one begins anew. */
  readonly changed: boolean;
}

/** Per bucket its sum and its summed squared deviations. */
interface Level {
  readonly totals: readonly number[];
  readonly variances: readonly number[];
}

/** River's defaults. */
const MAX_BUCKETS = 5;
/** Values between two looks for a change. */
const CLOCK = 32;
const MIN_SIDE = 5;
const GRACE = 10;

const EMPTY: Level = { totals: [], variances: [] };

/**
 * ADWIN2 (Bifet and Gavaldà 2007; variances after Babcock and others 2003), as River 0.26.1 with all but `delta` at its
 * default: the same values are changes. Sums are taken in River's order, so that not even rounding differs.
 */
export const adwin: Detector<AdwinState, AdwinOptions> = {
  initial: { levels: [EMPTY], width: 0, total: 0, variance: 0, ticks: 0, changed: false },

  step(before, value, { delta }): Step<AdwinState> {
    const grown = insert(before.changed ? adwin.initial : before, value);
    if (grown.ticks % CLOCK !== 0 || grown.width <= GRACE) return { state: grown, change: null };
    let window = grown;
    while (hasCut(window, delta)) window = withoutOldest(window);
    if (window === grown) return { state: grown, change: null };
    // River drops old buckets only until chance may explain the rest; the change itself lies where it shows most.
    const cuts = [...cutsOf(grown, delta)];
    const strongest = cuts.reduce((best, cut) => (cut.strength > best.strength ? cut : best));
    return {
      state: { ...window, changed: true },
      change: { before: strongest.before, after: strongest.after, values: strongest.newerWidth },
    };
  },
};

function insert(state: AdwinState, value: number): AdwinState {
  const width = state.width + 1;
  const deviation = width > 1 ? value - state.total / (width - 1) : 0;
  return {
    levels: withBucket(state.levels, value),
    width,
    total: state.total + value,
    variance: state.variance + ((width - 1) * deviation * deviation) / width,
    ticks: state.ticks + 1,
    changed: false,
  };
}

/** Where a level is over-full its two oldest buckets become one of the next. */
function withBucket(levels: readonly Level[], value: number): readonly Level[] {
  const next = [...levels];
  let total = value;
  let variance = 0;
  for (let at = 0; ; at++) {
    const { totals, variances } = next[at] ?? EMPTY;
    const size = 2 ** at;
    if (totals.length < MAX_BUCKETS) {
      next[at] = { totals: [...totals, total], variances: [...variances, variance] };
      return next;
    }
    next[at] = { totals: [...totals.slice(2), total], variances: [...variances.slice(2), variance] };
    const [first, second] = totals as [number, number];
    const gap = first / size - second / size;
    variance = variances[0]! + variances[1]! + size * 0.5 * gap * gap;
    total = first + second;
  }
}

interface Cut {
  readonly newerWidth: number;
  readonly before: number;
  readonly after: number;
  /** The means are further apart than chance may bring them. */
  readonly isChange: boolean;
  /** How far apart, in multiples of that. */
  readonly strength: number;
}

/** The window cut in two between any two buckets, as long as both sides are large enough; the oldest first. */
function* cutsOf({ levels, width, total, variance }: AdwinState, delta: number): Generator<Cut> {
  const logTerm = Math.log((2 * Math.log(width)) / delta);
  let olderWidth = 0;
  let newerWidth = width;
  let olderTotal = 0;
  let newerTotal = total;
  for (let at = levels.length - 1; at >= 0; at--) {
    const size = 2 ** at;
    for (const bucketTotal of levels[at]!.totals) {
      olderWidth += size;
      newerWidth -= size;
      olderTotal += bucketTotal;
      newerTotal -= bucketTotal;
      if (newerWidth < MIN_SIDE) return;
      if (olderWidth < MIN_SIDE) continue;
      const reciprocal = 1 / (olderWidth - MIN_SIDE + 1) + 1 / (newerWidth - MIN_SIDE + 1);
      const bound = Math.sqrt(2 * reciprocal * (variance / width) * logTerm) + (2 / 3) * logTerm * reciprocal;
      const before = olderTotal / olderWidth;
      const after = newerTotal / newerWidth;
      const gap = Math.abs(before - after);
      yield { newerWidth, before, after, isChange: gap > bound, strength: gap / bound };
    }
  }
}

function hasCut(state: AdwinState, delta: number): boolean {
  for (const { isChange } of cutsOf(state, delta)) if (isChange) return true;
  return false;
}

function withoutOldest(state: AdwinState): AdwinState {
  const at = state.levels.length - 1;
  const { totals, variances } = state.levels[at]!;
  const size = 2 ** at;
  const width = state.width - size;
  const total = state.total - totals[0]!;
  const gap = totals[0]! / size - total / width;
  const lost = variances[0]! + (size * width * gap * gap) / (size + width);
  const rest = state.levels.slice(0, at);
  return {
    ...state,
    levels: totals.length === 1 ? rest : [...rest, { totals: totals.slice(1), variances: variances.slice(1) }],
    width,
    total,
    variance: state.variance - lost,
  };
}
