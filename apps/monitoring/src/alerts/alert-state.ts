import { Injectable } from '@nestjs/common';
import type { AlertRecord } from '#contracts';
import { AlertMetrics, type FiringCount } from './alert-metrics.js';
import { AlertReceivers } from './alert-receivers.js';

/** Alerts whose resolution is remembered, the newest. */
const REMEMBERED = 10_000;

/** What this process knows of alerts beside what is written down. */
@Injectable()
export class AlertState {
  private readonly metrics: AlertMetrics;
  /** In the order in which they were resolved. */
  private readonly resolved = new Set<string>();
  private readonly firing = new Map<string, readonly FiringCount[]>();

  constructor(receivers: AlertReceivers) {
    this.metrics = new AlertMetrics(
      () => [...this.firing.values()].flat(),
      () => receivers.states(),
    );
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

  settled(pipeline: string, receiver: string, outcome: string): void {
    this.metrics.settled(pipeline, receiver, outcome);
  }

  /** This process does not tell of the pipeline any more. */
  forget(pipeline: string): void {
    this.firing.delete(pipeline);
  }

  forgetAllBut(pipelines: readonly string[]): void {
    for (const pipeline of this.firing.keys()) if (!pipelines.includes(pipeline)) this.forget(pipeline);
  }

  /** @param alerts of the pipeline that fire at present */
  fires(pipeline: string, alerts: readonly AlertRecord[]): void {
    const groups = Map.groupBy(alerts, ({ monitor, severity }) => `${severity} ${monitor}`);
    const counts = [...groups.values()].map((group) => {
      const { monitor, severity } = group[0]!;
      return { pipeline, monitor, severity, count: group.length };
    });
    // A series that ends says nothing; one that falls to nought does.
    const before = this.firing.get(pipeline) ?? [];
    const gone = before.filter(
      (one) => !counts.some(({ monitor, severity }) => monitor === one.monitor && severity === one.severity),
    );
    this.firing.set(pipeline, [...counts, ...gone.map((one) => ({ ...one, count: 0 }))]);
  }
}
