import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import type { AlertRecord, PipelineDefinition } from '#contracts';
import { acknowledgementOf, silenceOf } from '#domain/alerts';
import { AlertDeliveryLog, type AlertDeliveryRow } from '#platform/clickhouse';
import { CLICKHOUSE } from '#platform/clickhouse-watch';
import { Retriable } from '#platform/outcomes';
import { isAtLeast, type AlertNotice } from '#platform/receivers';
import { LOG, SERVICE_CONFIG } from '#platform/service';
import type { Log } from '#platform/telemetry';
import type { MonitoringConfig } from '../monitoring.config.js';
import type { AlertDelivery } from '../ports.js';
import { AlertControls } from './alert-controls.js';
import { alertLinkOf } from './alert-link.js';
import { AlertReceivers } from './alert-receivers.js';
import { AlertState } from './alert-state.js';
import { DeliveryHistory } from './delivery-history.js';

const LONGEST_WAIT_MS = 10_000;

/**
 * Tells a pipeline's receivers, all at once, each of one alert after the other.
 *
 * 1. what was settled before is looked up: a repetition leaves it out;
 * 2. a receiver is told — a death here tells it again, under the same Idempotency-Key;
 * 3. what became of it is written down;
 * 4. the caller commits.
 */
@Injectable()
export class ReceiverDelivery implements AlertDelivery {
  constructor(
    @Inject(SERVICE_CONFIG) private readonly config: MonitoringConfig,
    @Inject(CLICKHOUSE) private readonly client: ClickHouseClient,
    @Inject(LOG) private readonly log: Log,
    private readonly receivers: AlertReceivers,
    private readonly controls: AlertControls,
    private readonly state: AlertState,
  ) {}

  async deliver(definition: PipelineDefinition, alerts: readonly AlertRecord[], signal: AbortSignal): Promise<void> {
    for (const alert of alerts) this.state.changed(alert);
    const names = definition.monitoring?.receivers ?? [];
    if (names.length === 0 || alerts.length === 0) return;
    const deliveries = new AlertDeliveryLog(this.client, definition.name);
    const history = new DeliveryHistory(await deliveries.settled(alerts.map(({ id }) => id)));
    const told = await Promise.allSettled(
      names.map((name) => this.tell(name, definition.name, alerts, history, deliveries, signal)),
    );
    for (const result of told) if (result.status === 'rejected') throw result.reason;
  }

  private async tell(
    receiver: string,
    pipeline: string,
    alerts: readonly AlertRecord[],
    history: DeliveryHistory,
    deliveries: AlertDeliveryLog,
    signal: AbortSignal,
  ): Promise<void> {
    const rows: AlertDeliveryRow[] = [];
    try {
      for (const alert of alerts) {
        if (history.of(alert, receiver) !== undefined) continue;
        const settled = await this.settle(receiver, alert, history, signal);
        if (settled === null) continue;
        const at = Date.now();
        const { id: alertId, state, severity } = alert;
        rows.push({ alertId, state, severity, receiver, repetition: false, at, ...settled });
        history.add(alert, receiver, settled.outcome, at);
        this.state.settled(pipeline, receiver, settled.outcome);
      }
    } finally {
      await this.write(deliveries, rows, signal);
    }
  }

  /** Null: it is not for this receiver. */
  private async settle(
    receiver: string,
    alert: AlertRecord,
    history: DeliveryHistory,
    signal: AbortSignal,
  ): Promise<Pick<AlertDeliveryRow, 'outcome' | 'attempts' | 'reason'> | null> {
    const lane = this.receivers.lane(receiver);
    if (lane === undefined) {
      const reason = 'EDDYLINE_ALERT_RECEIVERS does not define it';
      this.log.error({ receiver, alert: alert.id }, `an alert was not delivered to ${receiver}: ${reason}`);
      return { outcome: 'unknown_receiver', attempts: 0, reason };
    }
    if (!isAtLeast(alert.severity, lane.settings.minSeverity)) return null;
    const controls = this.controls.controls(alert.pipeline);
    const silence = silenceOf(alert, controls, Date.now());
    // Who was told that it fires is told that it is over: else it would be open there for ever.
    if (silence !== undefined && (alert.state === 'firing' || !history.knowsOf(alert.id, receiver))) {
      return { outcome: 'silenced', attempts: 0, reason: `silence ${silence.id} by ${silence.by}: ${silence.reason}` };
    }
    const notice: AlertNotice = {
      alert,
      repetition: null,
      link: alertLinkOf(this.config.alertLink, alert),
      acknowledgement: acknowledgementOf(alert.id, controls) ?? null,
    };
    const result = await lane.deliver(notice, signal);
    if (result.outcome !== 'delivered') this.receivers.notDelivered(receiver, alert.id, result);
    return result;
  }

  /** Waits for ClickHouse in place: to begin anew would tell the receivers anew. */
  private async write(
    deliveries: AlertDeliveryLog,
    rows: readonly AlertDeliveryRow[],
    signal: AbortSignal,
  ): Promise<void> {
    const token = `alert-deliveries-${randomUUID()}`;
    for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        return await deliveries.append(rows, token);
      } catch (error) {
        if (!(error instanceof Retriable) || signal.aborted) throw error;
        this.log.warn({ waitMs }, `whom alerts were told cannot be written down: ${error.message}`);
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
