import type { LifecycleEvent } from '#contracts';
import type { Connections } from '../connections/connections.js';
import { evidenceLines, iso } from '../lifecycle/describe-event.js';
import { readLifecycleFrom } from '../lifecycle/read-events.js';

/** Decisions about a pipeline's models that came since it was asked last, from the log itself. */
export class LifecycleWatch {
  private offset = 0;

  private constructor(
    private readonly connections: Connections,
    private readonly pipeline: string,
    /** Of the last decision of an earlier run. */
    private readonly before: number,
  ) {}

  /** What was decided before this is called is old. */
  static async open(connections: Connections, pipeline: string): Promise<LifecycleWatch> {
    const before = (await connections.models()).lifecycle(pipeline)?.sequence ?? 0;
    return new LifecycleWatch(connections, pipeline, before);
  }

  async take(): Promise<readonly LifecycleEvent[]> {
    const { events, next } = await readLifecycleFrom(this.offset, this.pipeline, this.connections);
    this.offset = next;
    return events.filter(({ sequence }) => sequence > this.before);
  }
}

/** Looks at guards and alerts are on the log; only what they lead to is news. */
const SILENT: ReadonlySet<LifecycleEvent['change']['kind']> = new Set(['alerts_seen', 'guards_looked']);

const SIGNS: Partial<Record<LifecycleEvent['change']['kind'], string>> = {
  promoted: '★',
  champion_set: '★',
  rolled_back: '✗',
  candidate_rejected: '✗',
  run_failed: '✗',
};

const MOST_EVIDENCE = 6;

/** A decision as a terminal tells it: when by the data's own clock, what, and what it rests on. Nothing for what is no news. */
export function formatDecision(event: LifecycleEvent): readonly string[] {
  const { change, clock, by, summary } = event;
  if (SILENT.has(change.kind)) return [];
  const at = clock === null ? '' : `${iso(clock).slice(0, 10)}  `;
  const lines = evidenceLines(event);
  return [
    `${SIGNS[change.kind] ?? '→'} ${at}${change.kind.replaceAll('_', ' ')}  ${summary}`,
    ...lines.slice(0, MOST_EVIDENCE).map((line) => `    ${line}`),
    ...(by.startsWith('eddyline') || by === 'retraining' ? [] : [`    by ${by}`]),
  ];
}

/** How often the loop of a run came to what. */
export interface LoopCounts {
  readonly runs: number;
  readonly promotions: number;
  readonly rollbacks: number;
  readonly rejected: number;
  readonly failed: number;
}

export function countDecisions(events: readonly LifecycleEvent[]): LoopCounts {
  const of = (kind: LifecycleEvent['change']['kind']): number =>
    events.filter(({ change }) => change.kind === kind).length;
  return {
    runs: of('run_requested'),
    promotions: of('promoted'),
    rollbacks: of('rolled_back'),
    rejected: of('candidate_rejected'),
    failed: of('run_failed'),
  };
}
