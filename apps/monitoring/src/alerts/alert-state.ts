import { Injectable } from '@nestjs/common';
import type { AlertRecord } from '#contracts';
import { AlertMetrics } from './alert-metrics.js';
import { AlertReceivers } from './alert-receivers.js';

/** Alerts whose resolution is remembered, the newest. */
const REMEMBERED = 10_000;

/** What this process knows of alerts beside what is written down. */
@Injectable()
export class AlertState {
  private readonly metrics: AlertMetrics;
  /** In the order in which they were resolved. */
  private readonly resolved = new Set<string>();

  constructor(receivers: AlertReceivers) {
    this.metrics = new AlertMetrics(() => receivers.states());
  }

  changed(alert: AlertRecord): void {
    this.metrics.changed(alert);
    if (alert.state !== 'resolved') return;
    this.resolved.add(alert.id);
    if (this.resolved.size > REMEMBERED) this.resolved.delete(this.resolved.values().next().value!);
  }

  /** Whether an alert was resolved while this process looked on: what is read of the log may be older. */
  isResolved(id: string): boolean {
    return this.resolved.has(id);
  }

  /** Alerts of the pipeline will be delivered here. */
  expect(pipeline: string, receivers: readonly string[]): void {
    for (const receiver of receivers) this.metrics.expect(pipeline, receiver);
  }

  settled(pipeline: string, receiver: string, outcome: string): void {
    this.metrics.settled(pipeline, receiver, outcome);
  }
}
