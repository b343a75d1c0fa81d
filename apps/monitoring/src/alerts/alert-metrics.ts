import { metrics } from '@opentelemetry/api';
import type { AlertRecord } from '#contracts';

export interface FiringCount {
  readonly pipeline: string;
  readonly monitor: string;
  readonly severity: string;
  readonly count: number;
}

/** What Prometheus sees of alerts. */
export class AlertMetrics {
  private readonly changes;
  private readonly deliveries;

  /**
   * @param firing what fires at present, of the pipelines whose alerts this process delivers
   * @param receivers each with whether it does not answer
   */
  constructor(
    firing: () => readonly FiringCount[],
    receivers: () => readonly { readonly receiver: string; readonly away: boolean }[],
  ) {
    const meter = metrics.getMeter('eddyline.monitoring');
    this.changes = meter.createCounter('eddyline.alert.changes', {
      description: 'Changes of alerts that were taken up for delivery, by state and severity',
    });
    this.deliveries = meter.createCounter('eddyline.alert.deliveries', {
      description: 'What became of telling a receiver of a change of an alert, by `outcome`',
    });
    meter
      .createObservableGauge('eddyline.alerts.firing', {
        description: 'Alerts that fire, told by the one process that delivers the pipeline’s alerts',
      })
      .addCallback((result) => {
        for (const { count, ...labels } of firing()) result.observe(count, labels);
      });
    meter
      .createObservableGauge('eddyline.alert.receiver.away', {
        description: '1 while a receiver of alerts does not answer, else 0',
      })
      .addCallback((result) => {
        for (const { receiver, away } of receivers()) result.observe(away ? 1 : 0, { receiver });
      });
  }

  changed({ pipeline, monitor, state, severity }: AlertRecord): void {
    this.changes.add(1, { pipeline, monitor, state, severity });
  }

  settled(pipeline: string, receiver: string, outcome: string): void {
    this.deliveries.add(1, { pipeline, receiver, outcome });
  }
}
