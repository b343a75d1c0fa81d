import { Injectable } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import type { ExplanationRecord } from '#contracts';

/** Why a prediction was looked at. */
export type Occasion = ExplanationRecord['why'] | 'request';

/** What Prometheus sees of explaining. A batch that is done again after a failed transaction counts again. */
@Injectable()
export class ExplanationMetrics {
  private readonly explanations;
  private readonly duration;

  constructor() {
    const meter = metrics.getMeter('eddyline.explanation');
    this.explanations = meter.createCounter('eddyline.explanations', {
      description:
        'Predictions that were to be explained, by what became of it (`outcome`) and why they were chosen (`why`)',
    });
    this.duration = meter.createHistogram('eddyline.explanation.duration', {
      description: 'Time for one prediction to be explained, once its model was at hand, by `method`',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1] },
    });
  }

  explained(pipeline: string, why: Occasion, method: ExplanationRecord['method'], seconds: number): void {
    this.explanations.add(1, { pipeline, why, outcome: 'explained' });
    this.duration.record(seconds, { pipeline, method });
  }

  unexplainable(pipeline: string, why: Occasion): void {
    this.explanations.add(1, { pipeline, why, outcome: 'unexplainable' });
  }
}
