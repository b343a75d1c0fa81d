import { topicOf, type AlertRecord, type AppliedPipeline, type MonitorTick } from '#contracts';
import {
  adopt,
  clockOf,
  compileMonitors,
  evaluateDue,
  FIRST_TICK,
  NOTHING_EVALUATED,
  TickHistory,
  toEngineState,
  toEvidence,
  type CompiledMonitor,
  type EngineState,
  type Evaluated,
} from '#domain/monitors';
import { TransactionalPublisher } from '#platform/kafka';
import { alertMessages } from './alert-message.js';
import type { EngineLog } from './engine-log.js';
import { reached } from './monitor-steps.js';
import { PipelineClock, type ClockReading } from './pipeline-clock.js';
import type { MonitorParts } from './parts.js';

/** Windows that are evaluated before what they led to is made durable. */
const WINDOWS_AT_ONCE = 8;
const TICK_EVERY_MS = 1_000;
/** Queries that ClickHouse is asked at once for one pipeline: monitors are no reason for analysts to wait. */
const QUERIES_AT_ONCE = 2;
/** Before the name of a monitor in a flag's target. */
const MONITOR = 'monitor:';

/** What was taken up of a definition. */
interface Adopted {
  readonly applied: AppliedPipeline;
  /** Those that are on. */
  readonly monitors: readonly CompiledMonitor[];
  /** Names of those that a flag switched off, sorted. */
  readonly off: readonly string[];
}

/**
 * The monitors of one pipeline, on the member that looks after them. Order of durability:
 *
 * 1. opened: whoever looked after them before can publish nothing any more, and only then is its last checkpoint read;
 * 2. a tick is written under its number, and read back: of two members that write the same number, the first one holds — a
 *    death here leaves a tick that nothing was evaluated at, which the next one goes on from;
 * 3. windows that are due are evaluated, each cut as its tick says — a death here leaves nothing;
 * 4. their results are written, each evaluation under a token of its own — a death here repeats the evaluation, which gives the
 *    same, and ClickHouse drops it;
 * 5. alerts and checkpoint are published in one transaction — a death before its end repeats from 3., one after it nothing.
 */
export class PipelineMonitors {
  private state: EngineState = NOTHING_EVALUATED;
  private adopted: Adopted | undefined;
  private tick: MonitorTick | null = null;
  /** At the clocks; wall clock. */
  private lookedAtMs = -Infinity;
  /** The first tick of this owner, once there is one: what an earlier owner may have evaluated was due at it. */
  private firstTick: MonitorTick | undefined;
  /** Monitors whose last evaluation came to nothing, by name. */
  private readonly failed = new Set<string>();

  private constructor(
    private readonly pipeline: string,
    private readonly parts: MonitorParts,
    private readonly publisher: TransactionalPublisher,
    private readonly log: EngineLog,
    private readonly clock: PipelineClock,
    private readonly ticks: TickHistory,
  ) {}

  /** Takes the pipeline's monitors over from whoever had them. @throws weather, PublicationFailed */
  static async open(applied: AppliedPipeline, parts: MonitorParts): Promise<PipelineMonitors> {
    const { name } = applied.definition;
    const publisher = await TransactionalPublisher.open(parts.kafka, `eddyline.monitors.${name}`); // (1)
    try {
      await reached('monitors_fenced', name, topicOf(name, 'predictions'));
      const checkpoint = await parts.checkpoints.read(name);
      const log = parts.logOf(applied.definition);
      const ticks = new TickHistory((clock, atLeastMs) => log.firstTickAt(clock, atLeastMs));
      for (const tick of await log.latestTicks()) ticks.add(tick);
      const clock = new PipelineClock(log, parts.position, parts.clock, ticks.latest);
      const monitors = new PipelineMonitors(name, parts, publisher, log, clock, ticks);
      monitors.tick = ticks.latest;
      if (checkpoint !== null) monitors.state = toEngineState(checkpoint.state);
      return monitors;
    } catch (error) {
      await publisher.close();
      throw error;
    }
  }

  /** Looks at the clocks, and evaluates what is due. @throws weather, PublicationFailed: this object is spent then */
  async step(applied: AppliedPipeline, signal: AbortSignal): Promise<void> {
    const { adopted } = this;
    const off = this.switchedOff();
    if (adopted?.applied !== applied || adopted.off.join() !== off.join()) await this.adopt(applied, off);
    this.lookedAtMs = -Infinity;
    // Also between the rounds of a log that is far ahead: whatever comes between two ticks counts as come at the later one.
    for (let more = true; more && !signal.aborted;) {
      await this.lookAtClocks(applied);
      more = await this.round();
    }
  }

  private async lookAtClocks({ definition }: AppliedPipeline): Promise<void> {
    const nowMs = this.parts.nowMs();
    if (nowMs - this.lookedAtMs < TICK_EVERY_MS) return;
    this.lookedAtMs = nowMs;
    const reading = await this.clock.read(definition);
    if (this.isNew(reading)) await this.writeTick(reading);
  }

  /** Monitors that could not be evaluated last. */
  failures(): readonly string[] {
    // What ClickHouse says may quote data.
    return [...this.failed].map(
      (name) => `the monitor ${name} could not be evaluated: see monitor_results.explanation`,
    );
  }

  async close(): Promise<void> {
    this.parts.metrics.forget(this.pipeline);
    await this.publisher.close();
  }

  /** A monitor looks at a whole window: a share of the keys means nothing here. */
  private switchedOff(): readonly string[] {
    return this.parts
      .flagsOf(this.pipeline)
      .flatMap(({ target, on }) => (!on && target.startsWith(MONITOR) ? [target.slice(MONITOR.length)] : []))
      .sort();
  }

  /** A monitor that is off is one that is not there: its alerts end, and when it is on again it begins anew. */
  private async adopt(applied: AppliedPipeline, off: readonly string[]): Promise<void> {
    const monitors = compileMonitors(applied.definition).filter(({ definition: { name } }) => !off.includes(name));
    const { definition, revision } = applied;
    const { state, changes, changed } = adopt(
      this.state,
      { definition, revision, monitors },
      this.tick,
      this.parts.nowMs(),
    );
    if (changed) {
      const ended = changes.map(({ alert, measurement }): AlertRecord => ({
        ...alert,
        evidence: toEvidence(measurement, []),
      }));
      await this.publish(applied, ended, state);
    }
    this.state = state;
    this.adopted = { applied, monitors, off };
    this.failed.clear();
  }

  private isNew({ eventsClock, labelsClock }: ClockReading): boolean {
    return eventsClock !== (this.tick?.eventsClock ?? null) || labelsClock !== (this.tick?.labelsClock ?? null);
  }

  /** (2) */
  private async writeTick(reading: ClockReading): Promise<void> {
    const number = (this.tick?.tick ?? FIRST_TICK - 1) + 1;
    const tick: MonitorTick = { tick: number, ...reading, tickedAt: this.parts.nowMs() };
    const log = this.parts.monitorLogOf(this.pipeline);
    await log.appendTicks([tick], `monitor-tick-${number}`, { repeated: this.firstTick === undefined });
    await reached('tick_written', this.pipeline, topicOf(this.pipeline, 'predictions'));
    let written = await this.log.tick(number);
    if (written === undefined) {
      // ClickHouse remembers the token of a part that it lost.
      await log.appendTicks([tick], `monitor-tick-${number}`, { repeated: true });
      written = await this.log.tick(number);
    }
    if (written === undefined) throw new Error(`tick ${number} was written and is not in ClickHouse`);
    this.tick = written;
    this.firstTick ??= written;
    this.ticks.add(written);
    this.parts.metrics.ticked(this.pipeline, written);
  }

  /** (3) to (5) for some windows. @returns whether more are due */
  private async round(): Promise<boolean> {
    const { tick, adopted } = this;
    if (tick === null || adopted === undefined) return false;
    const { definition, revision } = adopted.applied;
    const { state, evaluated, alerts, more } = await evaluateDue(
      {
        query: (query) => this.log.query(query),
        ticks: this.ticks,
        referenceOf: (version) => this.parts.referenceOf(definition.name, version),
        nowMs: () => this.parts.nowMs(),
      },
      { definition, revision, monitors: adopted.monitors },
      this.state,
      tick,
      { windows: WINDOWS_AT_ONCE, concurrency: QUERIES_AT_ONCE },
    );
    const topic = topicOf(this.pipeline, 'predictions');
    if (evaluated.length > 0) {
      await reached('windows_evaluated', this.pipeline, topic);
      await this.writeResults(evaluated);
      await reached('results_written', this.pipeline, topic);
      await this.publish(adopted.applied, alerts, state);
      await reached('alerts_published', this.pipeline, topic);
    }
    this.state = state;
    for (const { monitor, failure } of evaluated) {
      if (failure === undefined) this.failed.delete(monitor.definition.name);
      else this.failed.add(monitor.definition.name);
    }
    this.parts.metrics.evaluated(this.pipeline, evaluated, state, tick, adopted.monitors);
    return more;
  }

  /** (4) */
  private async writeResults(evaluated: readonly Evaluated[]): Promise<void> {
    const log = this.parts.monitorLogOf(this.pipeline);
    for (const { monitor, context, results } of evaluated) {
      const token = `monitor-${monitor.definition.name}-${context.window.endMs}`;
      await log.appendResults(results, token, { repeated: this.mayBeRepeated({ monitor, context }) });
    }
  }

  /** Whether an earlier owner may have written its results: they are looked for then, for ClickHouse forgets tokens. */
  private mayBeRepeated({ monitor, context }: Pick<Evaluated, 'monitor' | 'context'>): boolean {
    const tick = this.firstTick ?? this.tick;
    return tick !== null && context.window.endMs <= (clockOf(tick, monitor.clock) ?? -Infinity);
  }

  /** (5) */
  private async publish(applied: AppliedPipeline, alerts: readonly AlertRecord[], state: EngineState): Promise<void> {
    const checkpoint = await this.parts.checkpoints.toMessage({
      pipeline: this.pipeline,
      tick: this.tick?.tick ?? FIRST_TICK - 1,
      writtenAtMs: this.parts.nowMs(),
      state,
    });
    const messages = alertMessages(applied, alerts, this.parts.codecs);
    await this.publisher.publish([...messages, checkpoint], () => undefined);
  }
}
