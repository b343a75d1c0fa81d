import { metrics, type Counter, type Histogram } from '@opentelemetry/api';

/** What Prometheus learns of the models of this instance. */
export class ModelMetrics {
  private readonly loads: Counter;
  private readonly rows: Counter;
  private readonly duration: Histogram;
  private readonly challengerFailures: Counter;

  constructor() {
    const meter = metrics.getMeter('eddyline.inference');
    this.loads = meter.createCounter('eddyline.inference.model.loads', {
      description:
        'Attempts to load a champion or challenger, by role and outcome: loaded, waiting (store away) or refused',
    });
    this.rows = meter.createCounter('eddyline.inference.scored', {
      description: 'Rows given to a model, by pipeline and version; those of repeated transactions included',
    });
    this.challengerFailures = meter.createCounter('eddyline.inference.challenger.failures', {
      description: 'Events that a challenger should have scored and did not, by pipeline; the champion serves them',
    });
    this.duration = meter.createHistogram('eddyline.inference.model.duration', {
      unit: 's',
      description: 'Time in the model, per batch or request',
      advice: {
        explicitBucketBoundaries: [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1],
      },
    });
  }

  /** Events that the champion served although a challenger should have scored them. */
  challengerFailed(pipeline: string, rows: number): void {
    this.challengerFailures.add(rows, { pipeline });
  }

  load(pipeline: string, role: 'champion' | 'challenger', outcome: 'loaded' | 'waiting' | 'refused'): void {
    this.loads.add(1, { pipeline, role, outcome });
    // An increase is seen only of what was there before.
    this.challengerFailures.add(0, { pipeline });
  }

  scored(pipeline: string, version: string, rows: number, seconds: number): void {
    this.rows.add(rows, { pipeline, version });
    this.duration.record(seconds, { pipeline });
  }
}
