import { matches, type QuarantineFilter } from './quarantine-filter.js';
import type { QuarantineEntry } from './quarantine-entry.js';
import { readQuarantine, type LogSource, type LogStretch } from './read-quarantine.js';
import { hasHome, type Homes } from './replay.js';
import type { ReplayMarks } from './replay-marks.js';

/** Which records a replay takes up. */
export interface ReplaySelection {
  readonly topic: string;
  readonly stretches: readonly LogStretch[];
  readonly filter: QuarantineFilter;
  /** Only these ids; undefined: whatever fits the filter. */
  readonly ids?: ReadonlySet<string>;
  /** At most this many of those that are still to be put back, in the order in which they are read. */
  readonly limit?: number;
  readonly homes: Homes;
  /** Name of the run: what it has put back already is done, also with `again`. */
  readonly run: string;
  /** Also records that an earlier run put back. */
  readonly again: boolean;
}

export type Selected =
  | { readonly kind: 'replay'; readonly entry: QuarantineEntry }
  /** Put back before; `own`: by this very run. */
  | { readonly kind: 'replayed'; readonly own: boolean; readonly entry: QuarantineEntry }
  /** Its headers do not name a partition of the pipeline. */
  | { readonly kind: 'homeless'; readonly entry: QuarantineEntry };

/** The records that fit, in the order of the quarantine's partitions, each with what is to be done with it. */
export async function* select(
  log: LogSource,
  { topic, stretches, filter, ids, limit = Infinity, homes, run, again }: ReplaySelection,
  marks: ReplayMarks,
): AsyncGenerator<Selected> {
  let taken = 0;
  for await (const entry of readQuarantine(log, topic, stretches)) {
    if (!matches(entry, filter) || (ids !== undefined && !ids.has(entry.id))) continue;
    const mark = marks.of(entry);
    const own = mark?.run === run;
    if (mark !== undefined && (own || !again)) {
      if (own) taken++;
      yield { kind: 'replayed', own, entry };
      continue;
    }
    if (!hasHome(entry, homes)) {
      yield { kind: 'homeless', entry };
      continue;
    }
    if (taken >= limit) return;
    taken++;
    yield { kind: 'replay', entry };
  }
}
