import { metrics } from '@opentelemetry/api';
import type { AlertRecord } from '#contracts';

/** What Prometheus sees of alerts. */
export class AlertMetrics {
  private readonly changes;
  private readonly deliveries;

  /** @param receivers each with whether it does not answer */
  constructor(receivers: () => readonly { readonly receiver: string; readonly away: boolean }[]) {
    const meter = metrics.getMeter('eddyline.monitoring');
    this.changes = meter.createCounter('eddyline.alert.changes', {
      description: 'Changes of alerts that were taken up for delivery, by state and severity',
    });
    this.deliveries = meter.createCounter('eddyline.alert.deliveries', {
      description: 'What became of telling a receiver of a change of an alert, by `outcome`',
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

  /** Shows what did not happen yet as 0: a counter that begins at 1 has not risen, as Prometheus sees it. */
  expect(pipeline: string, receiver: string): void {
    for (const outcome of ['delivered', 'refused', 'unreachable', 'unknown_receiver']) {
      this.deliveries.add(0, { pipeline, receiver, outcome });
    }
  }

  settled(pipeline: string, receiver: string, outcome: string): void {
    this.deliveries.add(1, { pipeline, receiver, outcome });
  }
}
