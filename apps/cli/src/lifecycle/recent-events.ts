import type { LifecycleEvent } from '#contracts';

/** Who serves is another one after these: of interest however old they are. */
const TURNS: ReadonlySet<LifecycleEvent['change']['kind']> = new Set(['promoted', 'rolled_back', 'champion_set']);

/** The newest events, and of the older ones those that changed who serves; in the order of `events`, the oldest first. */
export function recentEvents(events: readonly LifecycleEvent[], newest: number): readonly LifecycleEvent[] {
  const from = events.length - newest;
  return events.filter(({ change }, index) => index >= from || TURNS.has(change.kind));
}
