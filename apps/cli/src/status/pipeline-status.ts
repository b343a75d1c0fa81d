import type { LifecycleState, PipelineFlag, PipelineStream, Serving } from '#contracts';

/** A consumer group's place on a topic. */
export interface GroupPlace {
  readonly service: string;
  /** Records between the committed offsets and the ends; null before the first commit of a group that reads nothing yet. */
  readonly lag: number;
  readonly members: number;
}

export interface StreamStatus {
  readonly stream: PipelineStream;
  readonly topic: string;
  readonly partitions: number;
  /** Sum of the end offsets. Transaction markers take offsets too, so this is a position, not a count. */
  readonly end: number;
  readonly groups: readonly GroupPlace[];
}

export interface PipelineStatus {
  readonly name: string;
  readonly revision: number;
  readonly appliedAt: string;
  readonly appliedBy: string;
  readonly streams: readonly StreamStatus[];
  /** Records dropped by a stage since its group began, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly champion: { readonly version: string; readonly since: string; readonly sha256: string } | null;
  readonly challenger: Serving['challenger'];
  /** Under way, or watched after its promotion. */
  readonly rollout: LifecycleState['rollout'];
  readonly run: LifecycleState['run'];
  readonly flags: readonly PipelineFlag[];
  /** Rows in ClickHouse, or why they cannot be told. */
  readonly logged:
    | {
        readonly ok: true;
        readonly predictions: number;
        readonly events: number;
        readonly quarantined: number;
        /** Labels that found their prediction, repeated and corrected ones too; of a pipeline with labels. */
        readonly labels?: number;
        /** Events that have a label. */
        readonly outcomes?: number;
        /** Alerts that fire; of a pipeline with monitors. */
        readonly firing?: number;
      }
    | { readonly ok: false; readonly reason: string };
}

export interface TopicEnds {
  readonly partition: number;
  readonly low: number;
  readonly high: number;
}

/** Lag of a group on a topic: a partition without a commit counts in full. Offsets of -1 are none. */
export function lagOf(ends: readonly TopicEnds[], committed: ReadonlyMap<number, number>): number {
  let lag = 0;
  for (const { partition, low, high } of ends) {
    const offset = committed.get(partition) ?? -1;
    lag += Math.max(0, high - (offset < 0 ? low : Math.max(offset, low)));
  }
  return lag;
}

/** Sums the `dropped` counters that the stages keep in the metadata of their offsets. */
export function sumDropped(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const dropped of all) {
    for (const [reason, count] of Object.entries(dropped)) sum[reason] = (sum[reason] ?? 0) + count;
  }
  return sum;
}
