import { Injectable } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import type { ProblemDetails } from '#platform/service';

/** What became of a label. */
export type LabelFate = 'joined' | 'waiting' | 'orphaned' | 'refused';

/** Labels of a batch whose delay is measured; the rest are no different. */
const DELAYS_PER_BATCH = 32;

/** What Prometheus sees of the join. A batch that is done again after a failed transaction counts again. */
@Injectable()
export class FeedbackMetrics {
  private readonly labels;
  private readonly late;
  private readonly delay;
  private readonly lookups;
  private readonly published;

  constructor() {
    const meter = metrics.getMeter('eddyline.feedback');
    this.labels = meter.createCounter('eddyline.feedback.labels', {
      description: 'Labels by what became of them; one that waits counts with every look for its prediction',
    });
    this.late = meter.createCounter('eddyline.feedback.labels.late', {
      description: 'Labels that were joined and became known later after their event than the pipeline waits',
    });
    this.delay = meter.createHistogram('eddyline.feedback.label.delay', {
      description: 'From an event to its label becoming known, in the time of the data (up to 32 labels of a batch)',
      unit: 's',
      advice: {
        explicitBucketBoundaries: [
          1, 10, 60, 300, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
        ],
      },
    });
    this.lookups = meter.createHistogram('eddyline.feedback.lookup.duration', {
      description:
        'Time for the predictions of one batch of labels to be found, or for the attempt to fail (`outcome`)',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] },
    });
    this.published = meter.createCounter('eddyline.feedback.published', {
      description: 'Labels that came over HTTP, by what became of them',
    });
  }

  counted(pipeline: string, fate: LabelFate, count: number, reason?: string): void {
    if (count > 0) this.labels.add(count, { pipeline, outcome: fate, ...(reason === undefined ? {} : { reason }) });
  }

  /** @param delaysMs from each event to its label */
  joined(pipeline: string, delaysMs: readonly number[], late: number): void {
    this.counted(pipeline, 'joined', delaysMs.length);
    if (late > 0) this.late.add(late, { pipeline });
    const step = Math.max(1, Math.floor(delaysMs.length / DELAYS_PER_BATCH));
    for (let at = 0; at < delaysMs.length; at += step) {
      this.delay.record(Math.max(0, delaysMs[at]!) / 1_000, { pipeline });
    }
  }

  async lookup<T>(pipeline: string, look: () => Promise<T>): Promise<T> {
    const started = performance.now();
    let outcome = 'failed';
    try {
      const found = await look();
      outcome = 'found';
      return found;
    } finally {
      this.lookups.record((performance.now() - started) / 1_000, { pipeline, outcome });
    }
  }

  /** @param problem null: accepted */
  answered(pipeline: string, problem: ProblemDetails | null): void {
    if (problem === null) this.published.add(1, { pipeline, outcome: 'accepted' });
    else
      this.published.add(1, {
        pipeline,
        outcome: 'refused',
        reason: problem.type.slice(problem.type.lastIndexOf(':') + 1),
      });
  }
}
