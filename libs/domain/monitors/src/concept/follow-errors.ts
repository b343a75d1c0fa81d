import type { MonitorDefinition } from '#contracts';
import { adwin, pageHinkley, type AdwinState, type Change, type PageHinkleyState } from '#domain/drift-detectors';

type DetectorOptions = Extract<MonitorDefinition, { kind: 'concept' }>['detector'];

/** How far a detector is; JSON-safe. */
export type DetectorProgress =
  | { readonly kind: 'adwin'; readonly state: AdwinState }
  | { readonly kind: 'page_hinkley'; readonly state: PageHinkleyState };

/** A change with its place counted from the newest outcome. */
export interface ErrorChange {
  readonly before: number;
  readonly after: number;
  readonly outcomesAgo: number;
}

export interface Followed {
  readonly progress: DetectorProgress;
  /** In the order in which they were found. */
  readonly changes: readonly ErrorChange[];
  /** Outcomes that the detector holds: since it began, or began anew. */
  readonly seen: number;
}

/** @param before undefined, or of another kind of detector: begins anew */
export function followErrors(
  options: DetectorOptions,
  before: DetectorProgress | undefined,
  errors: readonly number[],
): Followed {
  const changes: ErrorChange[] = [];
  const found = (change: Change | null, at: number): void => {
    if (change === null) return;
    const outcomesAgo = errors.length - 1 - at + change.values;
    changes.push({ before: change.before, after: change.after, outcomesAgo });
  };
  if (options.kind === 'adwin') {
    let state = before?.kind === 'adwin' ? before.state : adwin.initial;
    for (const [at, error] of errors.entries()) {
      const step = adwin.step(state, error, options);
      state = step.state;
      found(step.change, at);
    }
    return { progress: { kind: 'adwin', state }, changes, seen: state.changed ? 0 : state.width };
  }
  let state = before?.kind === 'page_hinkley' ? before.state : pageHinkley.initial;
  for (const [at, error] of errors.entries()) {
    const step = pageHinkley.step(state, error, options);
    state = step.state;
    found(step.change, at);
  }
  return { progress: { kind: 'page_hinkley', state }, changes, seen: state.changed ? 0 : state.values };
}
