import type { AppliedPipeline, LifecycleEvent, ModelVersion, PipelineDefinition } from '#contracts';
import { advance, NO_LIFECYCLE, NOT_SERVING, type Decision, type LoopRecord } from '#domain/rollout';
import type { LifecycleWriter } from '#platform/control';
import type { RunDesk } from '../runs/run-desk.js';
import { decideRun, type RunContext } from '../runs/decide-run.js';
import type { LogReading, LoopLog } from './log-reading.js';
import type { LoopParts } from './loop-parts.js';
import { reached } from './loop-steps.js';
import type { AlertInbox } from './new-alerts.js';
import { RolloutWatch } from './rollout-watch.js';
import { lookAtTriggers } from './look-at-triggers.js';

/** Thrown when somebody else has changed the pipeline's models meanwhile; the loop opens anew and goes on from there. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** Decisions, and the versions that they bring. */
export interface Verdict {
  readonly decisions: readonly Decision[];
  readonly versions?: readonly ModelVersion[];
}

/**
 * The loop of one pipeline, on the member that looks after it. Order of durability:
 *
 * 1. opened: whoever changed the pipeline's models before can publish nothing any more, and only then is the registry read — a
 *    death here leaves nothing;
 * 2. the log and the alerts are read, and what they ask for is decided, purely — a death here leaves nothing;
 * 3. the work of a run goes on in a process of its own, which puts what it makes into the artifact store by its content — a
 *    death here repeats the phase from its recorded input, and it puts there the same again;
 * 4. decisions, the state that they lead to, who serves, and a new version with its number are published in one transaction — a
 *    death before its end repeats from 2. or 3., one after it goes on from the new state.
 */
export class PipelineLoop {
  private readonly log: LoopLog;
  private readonly inbox: AlertInbox;
  private readonly rollout: RolloutWatch;

  private constructor(
    private readonly pipeline: string,
    private readonly parts: LoopParts,
    private readonly writer: LifecycleWriter,
    private readonly desk: RunDesk,
  ) {
    this.log = parts.logOf(pipeline);
    this.inbox = parts.inboxOf(pipeline);
    this.rollout = new RolloutWatch(this.log, parts.guardShare);
  }

  /** Takes the loop over from whoever had it. @throws weather, PublicationFailed */
  static async open(pipeline: string, parts: LoopParts, desk: RunDesk): Promise<PipelineLoop> {
    const writer = await parts.openWriter(pipeline); // (1)
    try {
      const loop = new PipelineLoop(pipeline, parts, writer, desk);
      await reached('loop_fenced', pipeline, placeOf(loop.record));
      await desk.sees(loop.record.state, false);
      return loop;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  /** As the registry has it. */
  get record(): LoopRecord {
    const { lifecycle, serving } = this.writer.record;
    return { state: lifecycle ?? NO_LIFECYCLE(this.pipeline), serving: serving ?? NOT_SERVING(this.pipeline) };
  }

  /** What it goes on without, and should not. */
  get troubles(): readonly string[] {
    return this.rollout.troubles;
  }

  private get versions(): readonly ModelVersion[] {
    return this.writer.record.versions;
  }

  /**
   * Looks once at everything that may lead to a decision.
   *
   * @returns whether anything was decided
   * @throws weather, PublicationFailed, Superseded: this object is spent then
   */
  async step(applied: AppliedPipeline): Promise<boolean> {
    this.refuseIfSuperseded();
    const before = this.record.state.sequence;
    const { definition } = applied;
    const reading = await this.log.read(definition); // (2)
    const { log, inbox } = this;
    const flags = this.writer.record.flags?.flags ?? [];
    const asked = await lookAtTriggers(definition, this.record, reading, { log, inbox, flags });
    await this.take(reading, { decisions: asked });
    await this.take(reading, await decideRun(this.runContext(definition, reading), this.desk)); // (3)
    const { rollout } = this.record.state;
    if (rollout !== null) {
      await this.take(reading, {
        decisions: await this.rollout.look(definition, rollout, reading, this.versions, this.record.serving.challenger),
      });
    }
    this.parts.metrics.stands(this.pipeline, this.record, this.desk.progress);
    return this.record.state.sequence !== before;
  }

  async close(): Promise<void> {
    await this.writer.close();
  }

  /** A command has opened its own writer: what this one holds is old, though nothing has told it so yet. */
  private refuseIfSuperseded(): void {
    const { models } = this.parts;
    const { state, serving } = this.record;
    const known = (models.lifecycle(this.pipeline)?.sequence ?? 0) <= state.sequence;
    if (!known || (models.serving(this.pipeline)?.sequence ?? 0) > serving.sequence) throw new Superseded();
  }

  private runContext(definition: PipelineDefinition, reading: LogReading): RunContext {
    const { record, versions, parts } = this;
    const { service, mostAttempts } = parts;
    return { definition, record, versions, reading, service, nowMs: parts.nowMs(), mostAttempts };
  }

  /** (4) */
  private async take({ clockMs }: LogReading, { decisions, versions = [] }: Verdict): Promise<void> {
    const [first] = decisions;
    if (first === undefined) return;
    const { record, parts, pipeline } = this;
    const next = advance(record, decisions, { by: parts.service, atMs: parts.nowMs(), clock: clockMs });
    await reached('decided', pipeline, first.change.kind);
    const served = next.serving === record.serving ? [] : [next.serving];
    await this.writer.commit({ entries: [...versions, ...served, next.state], events: next.events });
    await reached('committed', pipeline, first.change.kind);
    for (const event of next.events) this.tell(event);
    await this.desk.sees(next.state, true);
  }

  private tell({ change, summary, sequence, version, run, rollout }: LifecycleEvent): void {
    // Looks at guards and alerts are on the log; only what they lead to is news.
    const level = change.kind === 'guards_looked' || change.kind === 'alerts_seen' ? 'debug' : 'info';
    this.parts.log[level]({ pipeline: this.pipeline, kind: change.kind, sequence, version, run, rollout }, summary);
  }
}

/** What the loop is in: the phase of its run, else of its rollout, which may be paused. */
function placeOf({ state: { run, rollout } }: LoopRecord): string {
  if (run !== null) return run.phase;
  return rollout?.paused === true ? 'paused' : (rollout?.phase ?? 'idle');
}
