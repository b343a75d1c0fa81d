/** What is looked at of one partition of the log's topic. Offsets; times in ms since epoch. */
export interface PartitionReading {
  /** First offset that is not in the log. */
  readonly position: number;
  /** End of the topic's partition; null where nobody asked. */
  readonly end: number | null;
  /** Latest time in the log that lies beyond the clock; null: there is none. */
  readonly latestMs: number | null;
}

interface PartitionClock {
  readonly position: number;
  /** Wall clock at which the position last moved. */
  readonly movedAtMs: number;
  /** Latest time that is known; null: none beyond the clock since this process looks at it. */
  readonly latestMs: number | null;
}

/** A watermark over the partitions of one topic. */
export interface StreamClock {
  /** Null before the first event. Never goes back. */
  readonly clockMs: number | null;
  /** By partition. */
  readonly partitions: readonly PartitionClock[];
}

export interface ClockSettings {
  /** Wall clock that a partition holds the clock back without anything coming, once all that it has is in the log. */
  readonly idleAfterMs: number;
  /** The same while records of it wait to be logged: somebody is to take the partition over. */
  readonly stalledAfterMs: number;
}

/** A clock that goes on from what was recorded last. */
export function clockAt(clockMs: number | null): StreamClock {
  return { clockMs, partitions: [] };
}

/**
 * The clock shows the time that all partitions have reached, save those that are idle; where all are, the latest that any
 * has reached.
 *
 * @param readings by partition; their latest times were asked for beyond the clock of `state`
 * @param nowMs wall clock
 */
export function stepClock(
  state: StreamClock,
  readings: readonly PartitionReading[],
  nowMs: number,
  settings: ClockSettings,
): StreamClock {
  const partitions = readings.map(({ position, latestMs }, partition): PartitionClock => {
    const before = state.partitions[partition];
    return {
      position,
      movedAtMs: before === undefined || before.position !== position ? nowMs : before.movedAtMs,
      latestMs: latest(before?.latestMs ?? null, latestMs),
    };
  });
  const active = partitions.filter((partition, index) => !isIdle(partition, readings[index]!.end, nowMs, settings));
  const reached =
    active.length > 0
      ? active.reduce<number | null>((min, { latestMs }) => earliest(min, latestMs ?? state.clockMs), Infinity)
      : partitions.reduce<number | null>((max, { latestMs }) => latest(max, latestMs), null);
  return { clockMs: latest(state.clockMs, reached), partitions };
}

/** Whether a partition may be idle, so that it matters how far its topic goes. */
export function mayBeIdle(state: StreamClock, nowMs: number, { idleAfterMs }: ClockSettings): boolean {
  return state.partitions.some(({ movedAtMs }) => nowMs - movedAtMs >= idleAfterMs);
}

/** The marker of a transaction takes an offset that nobody reads. */
const MARKER = 1;

function isIdle({ position, movedAtMs }: PartitionClock, end: number | null, nowMs: number, s: ClockSettings): boolean {
  const stillMs = nowMs - movedAtMs;
  const caughtUp = end !== null && end - position <= MARKER;
  return stillMs >= (caughtUp ? s.idleAfterMs : s.stalledAfterMs);
}

function latest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

/** Of which one that is not known holds the other back. */
function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.min(a, b);
}
