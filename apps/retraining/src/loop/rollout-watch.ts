import type { Appointment, ModelVersion, PipelineDefinition, RolloutState } from '#contracts';
import {
  decideRollout,
  guardQueries,
  progressQuery,
  toGuardReading,
  toRolloutProgress,
  type Decision,
  type GuardReading,
} from '#domain/rollout';
import type { LogReading, LoopLog } from './log-reading.js';

/** A log that stands still is looked at this seldom: what was on its way may have come. */
const STILL_EVERY_MS = 10_000;
/** Queries that ClickHouse is asked at once for one rollout. */
const QUERIES_AT_ONCE = 2;

/** Looks at how a challenger does, as often as the log gives reason to and ClickHouse can bear. */
export class RolloutWatch {
  private seen = '';
  private seenAtMs = -Infinity;
  private restUntilMs = -Infinity;
  private failed: readonly string[] = [];

  constructor(
    private readonly log: Pick<LoopLog, 'rows' | 'select'>,
    /** Of the time, what the looking itself may take at most. */
    private readonly share: number,
    /** Of monotonic time. */
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Guards that could not be looked at last: a rollout does not get past them. */
  get troubles(): readonly string[] {
    return this.failed;
  }

  /** What is to be done about the rollout. @throws weather */
  async look(
    pipeline: PipelineDefinition,
    rollout: RolloutState,
    reading: LogReading,
    versions: readonly ModelVersion[],
    challenger: Appointment | null,
  ): Promise<readonly Decision[]> {
    const { clockMs: clock, labelsClockMs: labelsClock, labels } = reading;
    if (clock === null) return [];
    const startedMs = this.nowMs();
    const key = [rollout.id, rollout.phase, rollout.step, rollout.paused, clock, labelsClock, labels].join();
    const isStill = key === this.seen && startedMs - this.seenAtMs < STILL_EVERY_MS;
    if (isStill || startedMs < this.restUntilMs) return [];
    const appointedAtMs = challenger && Date.parse(challenger.since);
    const query = progressQuery(pipeline, rollout, clock, appointedAtMs);
    const progress = toRolloutProgress(await this.log.rows(query, 'progress'));
    const { labelDelayMs } = progress;
    const calibrations = calibrationsOf(rollout, versions);
    const readings = await this.read(
      guardQueries({ pipeline, rollout, clock, labelsClock, labelDelayMs, calibrations }),
    );
    const endedMs = this.nowMs();
    this.seen = key;
    this.seenAtMs = endedMs;
    this.restUntilMs = endedMs + (endedMs - startedMs) * (1 / this.share - 1);
    return decideRollout({ pipeline, rollout, clock, labelsClock, readings, progress });
  }

  private async read(queries: ReturnType<typeof guardQueries>): Promise<readonly GuardReading[]> {
    const readings: GuardReading[] = [];
    const failed: string[] = [];
    for (let from = 0; from < queries.length; from += QUERIES_AT_ONCE) {
      const part = queries.slice(from, from + QUERIES_AT_ONCE);
      const answers = await Promise.all(part.map(({ sql, metric }) => this.log.select(sql, `guard-${metric}`)));
      for (const [at, answer] of answers.entries()) {
        const query = part[at]!;
        // One that could not be read has seen nothing: it breaches nothing, and lets nothing pass.
        readings.push(toGuardReading(query, answer.ok ? answer.rows : []));
        // What ClickHouse says may quote data.
        if (!answer.ok) failed.push(`the guard ${query.metric} could not be looked at: see system.query_log`);
      }
    }
    this.failed = failed;
    return readings;
  }
}

function calibrationsOf(
  { version, against }: RolloutState,
  versions: readonly ModelVersion[],
): Parameters<typeof guardQueries>[0]['calibrations'] {
  return Object.fromEntries(
    versions
      .filter((one) => one.version === version || one.version === against)
      .map((one) => [one.version, one.reference?.calibration ?? null]),
  );
}
