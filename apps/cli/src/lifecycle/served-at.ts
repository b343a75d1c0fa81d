import { sqlString, type LifecycleEvent, type LifecycleKind } from '#contracts';

/** By which clock a time is meant: that of the machines, or the pipeline's own. */
export type ServedClock = 'wall' | 'event';

/** What served a pipeline at a time; null: nothing yet. */
export interface ServedAt {
  readonly champion: string | null;
  readonly challenger: string | null;
  /** Share of the keys that the challenger serves. */
  readonly share: number;
  /** Since when it was so. Wall clock and event time, ms. */
  readonly since: number;
  readonly sinceClock: number | null;
  readonly by: string;
  /** What made it so, in a sentence, and how it is called. */
  readonly why: string;
  readonly kind: LifecycleKind;
  readonly sequence: number;
}

/** Events are in order; the last of those by the time that changed who serves says who. */
export function servedAt(events: readonly LifecycleEvent[], atMs: number, clock: ServedClock): ServedAt | null {
  let served: LifecycleEvent | undefined;
  let clockMs = -Infinity;
  for (const event of events) {
    // What was decided without a clock, while the log was away, was decided when the clock stood where it last did.
    clockMs = Math.max(clockMs, event.clock ?? -Infinity);
    if ((clock === 'wall' ? event.at : clockMs) > atMs) continue;
    if (served === undefined ? event.champion !== null : isOther(served, event)) served = event;
  }
  if (served === undefined) return null;
  const { champion, challenger, share, at, clock: sinceClock, by, summary, change, sequence } = served;
  return { champion, challenger, share, since: at, sinceClock, by, why: summary, kind: change.kind, sequence };
}

function isOther(a: LifecycleEvent, b: LifecycleEvent): boolean {
  return a.champion !== b.champion || a.challenger !== b.challenger || a.share !== b.share;
}

/** The same question to ClickHouse. */
export function servedAtQuery(pipeline: string, atMs: number, clock: ServedClock): string {
  const at = `fromUnixTimestamp64Milli(${atMs}, 'UTC')`;
  const own = `WHERE pipeline = ${sqlString(pipeline)}`;
  const events =
    clock === 'wall'
      ? `eddyline.lifecycle ${own} AND at <= ${at}`
      : `(SELECT *, max(clock) OVER (ORDER BY sequence) AS clock_then FROM eddyline.lifecycle ${own}) WHERE clock_then <= ${at}`;
  // Nobody is the empty text here: a comparison with NULL is neither true nor false.
  const served = "(ifNull(champion, ''), ifNull(challenger, ''), share)";
  return [
    'SELECT champion, challenger, share, at AS since, `by`, summary FROM (',
    `  SELECT *, ${served} AS served, lagInFrame(served, 1, ('', '', 0.)) OVER (ORDER BY sequence) AS before`,
    `  FROM ${events}`,
    ') WHERE served != before ORDER BY sequence DESC LIMIT 1',
  ].join('\n');
}
