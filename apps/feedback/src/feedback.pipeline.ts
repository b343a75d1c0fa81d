import type { AppliedPipeline, LabelDefinition } from '#contracts';
import type { WaitPatience } from '#domain/labels';
import type { StageRecord, StageResult } from '#platform/kafka';
import { emit, type Outcome } from '#platform/outcomes';
import { topicOf } from '#contracts';
import type { FeedbackMetrics } from './feedback-metrics.js';
import type { OutcomeCodecs, ServedPredictions } from './ports.js';
import { createAwaitLogStep } from './steps/await-log.step.js';
import { createJoinStep } from './steps/join.step.js';
import { JoinTrace } from './steps/join-trace.js';
import { createLookUpStep, type Found } from './steps/look-up.step.js';
import { createReadLabelStep, type ReadLabel } from './steps/read-label.step.js';
import { createWaitStep } from './steps/wait.step.js';
import type { Waiting } from './steps/waiting-label.js';

export interface FeedbackParts {
  readonly predictions: ServedPredictions;
  readonly codecs: OutcomeCodecs;
  readonly metrics: FeedbackMetrics;
  readonly patience: Omit<WaitPatience, 'withinMs'>;
}

/** What happens to the labels of one pipeline under one revision of its definition. */
export class FeedbackPipeline {
  private readonly name: string;
  private readonly read: ReturnType<typeof createReadLabelStep>;
  private readonly lookUp: ReturnType<typeof createLookUpStep>;
  private readonly awaitLog: ReturnType<typeof createAwaitLogStep>;
  private readonly join: ReturnType<typeof createJoinStep>;
  private readonly wait: ReturnType<typeof createWaitStep>;

  constructor(
    applied: AppliedPipeline & { readonly definition: { readonly label: LabelDefinition } },
    private readonly parts: FeedbackParts,
  ) {
    const { definition } = applied;
    const { withinMs } = definition.label;
    this.name = definition.name;
    this.read = createReadLabelStep(definition);
    this.lookUp = createLookUpStep(parts.predictions);
    this.awaitLog = createAwaitLogStep(parts.predictions);
    this.join = createJoinStep(applied, withinMs, parts.codecs);
    this.wait = createWaitStep(applied, { ...parts.patience, withinMs });
  }

  /**
   * read → look up, and again when the log has come up to labels that are ahead of it → join, or wait.
   *
   * @param labels with where each lay at first
   * @throws Retriable while the log cannot be read: nothing is decided then
   */
  async handle(labels: readonly (readonly [StageRecord, Waiting])[], signal: AbortSignal): Promise<StageResult> {
    const { predictions } = this.parts;
    const readings = labels.map(([record, waiting]) => this.read(record, waiting));
    const known = readings.filter((reading): reading is ReadLabel => reading.kind === 'label');
    // Before the predictions are looked for: what the log gets in between may be what a label waits for.
    const isJudged = known.some(({ waiting }) => waiting.attempt > 0);
    const logClockMs = isJudged ? await predictions.clockMs() : Number.NEGATIVE_INFINITY;
    const found = await this.find(known, signal);
    const trace = new JoinTrace(topicOf(this.name, 'outcomes'));
    const nowMs = Date.now();
    const delaysMs: number[] = [];
    let late = 0;
    const outcomes = readings.map((reading): Outcome => {
      if (reading.kind !== 'label') return reading;
      const prediction = found(reading.label.event);
      if (prediction === undefined) return this.wait(reading, logClockMs, nowMs);
      const joined = this.join(reading, prediction, trace, nowMs);
      delaysMs.push(joined.delayMs);
      if (joined.late) late++;
      return emit(joined.message);
    });
    trace.end();
    this.count(outcomes, delaysMs, late);
    return { outcomes };
  }

  private async find(labels: readonly ReadLabel[], signal: AbortSignal): Promise<Found> {
    const { metrics } = this.parts;
    const found = await metrics.lookup(this.name, () => this.lookUp(labels));
    const ahead = labels.filter(({ label, waiting }) => waiting.attempt === 0 && found(label.event) === undefined);
    if (ahead.length === 0) return found;
    await this.awaitLog(Math.max(...ahead.map(({ label }) => label.timeMs)), signal);
    const foundThen = await metrics.lookup(this.name, () => this.lookUp(ahead));
    return (event) => found(event) ?? foundThen(event);
  }

  private count(outcomes: readonly Outcome[], delaysMs: readonly number[], late: number): void {
    const { metrics } = this.parts;
    let waiting = -delaysMs.length;
    const refused = new Map<string, number>();
    for (const outcome of outcomes) {
      if (outcome.kind === 'emit') waiting++;
      else refused.set(outcome.reason, (refused.get(outcome.reason) ?? 0) + 1);
    }
    metrics.joined(this.name, delaysMs, late);
    metrics.counted(this.name, 'waiting', waiting);
    for (const [reason, count] of refused) {
      if (reason === 'orphan_label') metrics.counted(this.name, 'orphaned', count);
      else metrics.counted(this.name, 'refused', count, reason);
    }
  }
}
