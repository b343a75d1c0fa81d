import type { LoopMetrics } from '../loop/loop-metrics.js';
import { reached } from '../loop/loop-steps.js';
import type { LifecycleState, TrainingRun } from '#contracts';
import { PhaseJob, type PhaseProcessOptions } from './phase-job.js';
import type { PhaseOutcome, PhaseProgress, PhaseResources, PhaseTask } from './phase-messages.js';

/** What of a run is to be done next. */
export type RunStanding =
  /** Nobody has begun the phase yet. */
  | { readonly kind: 'to_begin' }
  /** Whoever had begun it is gone. */
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'under_way' }
  | { readonly kind: 'ended'; readonly outcome: PhaseOutcome };

/**
 * The work on one pipeline's run, which goes on beside its loop, and beyond one writer: a command that comes in between is
 * no reason to begin anew.
 */
export class RunDesk {
  private job: { readonly key: string; readonly work: PhaseJob } | null = null;
  /** The phase that is to be begun by this member, as it was it who brought the run there. */
  private own: string | null = null;
  /** Of the run that was seen last. */
  private seen: string | null = null;
  /** Sequence of the last event of which this member knows; null: it has just come to the pipeline. */
  private known: number | null = null;
  private ended: () => void = () => undefined;

  constructor(
    private readonly options: PhaseProcessOptions,
    private readonly resources: PhaseResources,
    private readonly metrics: Pick<LoopMetrics, 'phaseEnded'>,
  ) {}

  /** Called whenever a phase has ended, well or not. */
  onEnded(listener: () => void): void {
    this.ended = listener;
  }

  /** The state as it was read, or as this member has just made it. @param made by this member */
  async sees({ run, sequence }: LifecycleState, made: boolean): Promise<void> {
    const key = run === null ? null : keyOf(run);
    if (this.job !== null && this.job.key !== key) await this.drop();
    const isNew = run !== null && this.known !== null && sequenceOf(run) > this.known;
    if (key !== this.seen && (made || isNew)) this.own = key;
    this.seen = key;
    this.known = sequence;
  }

  standingOf(run: TrainingRun): RunStanding {
    const key = keyOf(run);
    if (this.job?.key !== key) return { kind: this.own === key ? 'to_begin' : 'abandoned' };
    const { outcome } = this.job.work;
    return outcome === null ? { kind: 'under_way' } : { kind: 'ended', outcome };
  }

  async begin(work: Omit<PhaseTask, 'resources'>): Promise<void> {
    const { run } = work;
    const { name } = work.definition;
    const task = { ...work, resources: this.resources };
    const job = new PhaseJob(task, this.options);
    this.job = { key: keyOf(run), work: job };
    const began = performance.now();
    void job.ended.then(({ kind }) => {
      this.metrics.phaseEnded(name, run.phase, kind, (performance.now() - began) / 1_000);
      this.ended();
    });
    await reached('phase_begun', name, run.phase);
  }

  /** The phase is to be begun anew, as if it had not been. */
  async again(run: TrainingRun): Promise<void> {
    await this.drop();
    this.own = keyOf(run);
  }

  /** Null: nothing is under way. */
  get progress(): PhaseProgress | null {
    return this.job?.work.outcome === null ? this.job.work.progress : null;
  }

  /** Ends what is under way; another member may look after the pipeline from here on. */
  async leave(): Promise<void> {
    await this.drop();
    this.own = null;
    this.seen = null;
    this.known = null;
  }

  private async drop(): Promise<void> {
    const { job } = this;
    this.job = null;
    await job?.work.cancel();
  }
}

function keyOf({ id, phase, attempt }: TrainingRun): string {
  return `${id}/${phase}/${attempt}`;
}

/** Of the event that asked for the run. */
function sequenceOf({ id }: TrainingRun): number {
  return Number(id.slice('run-'.length));
}
