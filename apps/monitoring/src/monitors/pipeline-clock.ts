import type { LogCut, MonitorTick, PipelineDefinition } from '#contracts';
import {
  clockAt,
  eventsBeyondQuery,
  labelsBeyondQuery,
  mayBeIdle,
  stepClock,
  toLatest,
  type ClockSettings,
  type StreamClock,
} from '#domain/monitors';
import type { EngineLog } from './engine-log.js';
import type { LogPosition } from './log-position.js';

/** What the clocks show, and what the log held by then. */
export type ClockReading = Pick<MonitorTick, 'eventsClock' | 'labelsClock' | 'cut'>;

/** The clocks of one pipeline, read off its log. */
export class PipelineClock {
  private events: StreamClock;
  private labels: StreamClock;

  /** @param latest the tick from which the clocks go on; null: they have never ticked */
  constructor(
    private readonly log: EngineLog,
    private readonly position: LogPosition,
    private readonly settings: ClockSettings,
    latest: MonitorTick | null,
  ) {
    this.events = clockAt(latest?.eventsClock ?? null);
    this.labels = clockAt(latest?.labelsClock ?? null);
  }

  /** @throws weather */
  async read(definition: PipelineDefinition): Promise<ClockReading> {
    // Before the log is asked: what is committed by then is there.
    const cut = await this.position.cut(definition);
    this.events = await this.step(definition, 'predictions', this.events, cut);
    if (definition.label !== undefined) this.labels = await this.step(definition, 'outcomes', this.labels, cut);
    return { eventsClock: this.events.clockMs, labelsClock: this.labels.clockMs, cut };
  }

  private async step(
    definition: PipelineDefinition,
    stream: 'predictions' | 'outcomes',
    clock: StreamClock,
    cut: LogCut,
  ): Promise<StreamClock> {
    const positions = cut[stream];
    const moved = positions.some((position, partition) => clock.partitions[partition]?.position !== position);
    const sql =
      stream === 'predictions'
        ? eventsBeyondQuery(definition, cut, clock.clockMs)
        : labelsBeyondQuery(
            definition,
            cut,
            clock.clockMs,
            clock.partitions.map(({ position }) => position),
          );
    const rows = moved ? await this.log.rows(sql, 'clock') : [];
    const latest = toLatest(rows, positions.length);
    const nowMs = Date.now();
    const ends = mayBeIdle(clock, nowMs, this.settings) ? await this.position.ends(definition.name, stream) : [];
    const readings = positions.map((position, partition) => ({
      position,
      end: ends[partition] ?? null,
      latestMs: latest[partition]!,
    }));
    return stepClock(clock, readings, nowMs, this.settings);
  }
}
