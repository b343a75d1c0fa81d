import { metrics, type Attributes } from '@opentelemetry/api';

/** Rows of a batch whose age is measured; the rest are no different. */
const AGES_PER_BATCH = 32;

/** What Prometheus sees of the log. */
export class LogMetrics {
  private readonly rows;
  private readonly inserts;
  private readonly age;

  constructor() {
    const meter = metrics.getMeter('eddyline.monitoring');
    this.rows = meter.createCounter('eddyline.log.rows', { description: 'Rows written to the log, by table' });
    this.inserts = meter.createHistogram('eddyline.log.insert.duration', {
      description: 'Time for one insert to be durable, or to fail (`outcome`)',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] },
    });
    this.age = meter.createHistogram('eddyline.log.age', {
      description: 'From the scoring (or refusal) of an event to its row being durable (up to 32 rows of a batch)',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3_600] },
    });
  }

  /** @param agesFromMs when each row came to be, ms since epoch */
  async measure(labels: Attributes, agesFromMs: readonly number[], insert: () => Promise<void>): Promise<void> {
    const started = performance.now();
    let outcome = 'failed';
    try {
      await insert();
      outcome = 'written';
    } finally {
      this.inserts.record((performance.now() - started) / 1_000, { ...labels, outcome });
    }
    this.rows.add(agesFromMs.length, labels);
    const nowMs = Date.now();
    const step = Math.max(1, Math.floor(agesFromMs.length / AGES_PER_BATCH));
    for (let at = 0; at < agesFromMs.length; at += step) {
      this.age.record(Math.max(0, nowMs - agesFromMs[at]!) / 1_000, labels);
    }
  }
}
