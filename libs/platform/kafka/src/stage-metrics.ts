import { metrics, type Attributes } from '@opentelemetry/api';

/** Made on first use: an instrument made before the SDK is started measures nothing. */
const instruments = once(() => {
  const meter = metrics.getMeter('eddyline.kafka');
  return {
    records: meter.createCounter('eddyline.stage.records', { description: 'Records by what became of them' }),
    batchSize: meter.createHistogram('eddyline.stage.batch.size', {
      description: 'Records handed to a handler at once',
      advice: { explicitBucketBoundaries: [1, 4, 16, 64, 256, 1_000, 4_000, 10_000] },
    }),
    duration: meter.createHistogram('messaging.process.duration', {
      description: 'From a batch being handed over to its outputs and offsets being durable',
      unit: 's',
      advice: {
        explicitBucketBoundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      },
    }),
    age: meter.createHistogram('eddyline.stage.record.age', {
      description:
        'End-to-end age: from the publication of an event to the end of this stage (up to 32 records of a batch)',
      unit: 's',
      advice: {
        explicitBucketBoundaries: [0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
      },
    }),
    lag: meter.createGauge('eddyline.stage.lag', { description: 'Records of the partition not yet consumed' }),
    waits: meter.createCounter('eddyline.stage.waits', {
      description: 'Times a partition was paused for weather or a failed transaction',
    }),
    rebalances: meter.createCounter('eddyline.stage.rebalances', { description: 'Group joins' }),
  };
});

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

const AGES_PER_BATCH = 32;

/** Instruments of one pipeline's stage. */
export class StageMetrics {
  private readonly instruments = instruments();

  constructor(private readonly base: { readonly pipeline: string; readonly stage: string }) {}

  outcome(kind: 'emitted' | 'quarantined' | 'dropped' | 'written', count: number, reason?: string): void {
    if (count > 0)
      this.instruments.records.add(count, { ...this.base, outcome: kind, ...(reason === undefined ? {} : { reason }) });
  }

  batch(messages: readonly { readonly timestamp: string }[], seconds: number, nowMs: number): void {
    this.instruments.batchSize.record(messages.length, this.base);
    this.instruments.duration.record(seconds, this.base);
    const step = Math.max(1, Math.floor(messages.length / AGES_PER_BATCH));
    for (let i = 0; i < messages.length; i += step) {
      this.instruments.age.record(Math.max(0, nowMs - Number(messages[i]!.timestamp)) / 1_000, this.base);
    }
  }

  lag(topic: string, partition: number, value: number): void {
    this.instruments.lag.record(value, { ...this.base, topic, partition } as Attributes);
  }

  waited(code: string): void {
    this.instruments.waits.add(1, { ...this.base, code });
  }

  rebalanced(): void {
    this.instruments.rebalances.add(1, this.base);
  }
}
