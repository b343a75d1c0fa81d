import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import type { AlertRecord, PipelineDefinition } from '#contracts';
import { acknowledgementOf, silenceOf } from '#domain/alerts';
import { AlertDeliveryLog, firingAlertsQuery, runQuery, toAlertRecord } from '#platform/clickhouse';
import { CLICKHOUSE } from '#platform/clickhouse-watch';
import type { PipelineCatalog } from '#platform/control';
import { KafkaStreamServer } from '#platform/kafka-stream';
import { isAtLeast, type AlertNotice, type ReceiverLane } from '#platform/receivers';
import { LOG, PIPELINE_CATALOG, SERVICE_CONFIG } from '#platform/service';
import type { Log } from '#platform/telemetry';
import type { MonitoringConfig } from '../monitoring.config.js';
import { AlertControls } from './alert-controls.js';
import { alertLinkOf } from './alert-link.js';
import { AlertReceivers } from './alert-receivers.js';
import { AlertState } from './alert-state.js';
import { DeliveryHistory } from './delivery-history.js';

/**
 * Tells of alerts that fire on: to Alertmanager every minute, where they would expire else; to others as often as their
 * settings say, until somebody acknowledges; and once to whom they were silenced, when the silence is over.
 *
 * Alertmanager is told of acknowledged ones too: it takes what it does not hear of for resolved. One process does this for
 * a pipeline, the owner of partition 0 of its alerts. Nothing is retried here: the next round is the retry.
 */
@Injectable()
export class AlertRepeater implements OnModuleInit, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly repeatedMs = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | null = null;

  constructor(
    @Inject(SERVICE_CONFIG) private readonly config: MonitoringConfig,
    @Inject(CLICKHOUSE) private readonly client: ClickHouseClient,
    @Inject(PIPELINE_CATALOG) private readonly catalog: PipelineCatalog,
    @Inject(LOG) private readonly log: Log,
    private readonly stream: KafkaStreamServer,
    private readonly receivers: AlertReceivers,
    private readonly controls: AlertControls,
    private readonly state: AlertState,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.round ??= this.goRound().finally(() => (this.round = null));
    }, this.config.alertRoundMs).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.round;
  }

  private async goRound(): Promise<void> {
    for (const { definition } of this.catalog.list()) {
      const { name, monitoring } = definition;
      if (monitoring === undefined || monitoring.receivers.length === 0) continue;
      if (!this.stream.owns(name, 'alerts', 0)) {
        this.forget(name, []);
        continue;
      }
      this.state.expect(name, monitoring.receivers);
      try {
        await this.tellOf(definition, monitoring.receivers);
      } catch (error) {
        // Weather, as a rule; alerts themselves wait for ClickHouse elsewhere.
        if (!this.stopping.signal.aborted)
          this.log.warn({ pipeline: name, error }, 'firing alerts could not be told again');
      }
    }
  }

  private async tellOf({ name }: PipelineDefinition, receivers: readonly string[]): Promise<void> {
    const rows = await runQuery(this.client, firingAlertsQuery(name), {});
    const firing = rows.map(toAlertRecord).filter(({ id }) => !this.state.isResolved(id));
    this.forget(name, firing);
    if (firing.length === 0) return;
    const deliveries = new AlertDeliveryLog(this.client, name);
    const history = new DeliveryHistory(await deliveries.settled(firing.map(({ id }) => id)));
    await Promise.all(
      receivers.map(async (receiver) => {
        const lane = this.receivers.lane(receiver);
        // Whoever waits there tells more than a repetition would.
        if (lane === undefined || lane.busy) return;
        for (const alert of firing) await this.tell(lane, alert, history, deliveries);
      }),
    );
  }

  private async tell(
    lane: ReceiverLane,
    alert: AlertRecord,
    history: DeliveryHistory,
    deliveries: AlertDeliveryLog,
  ): Promise<void> {
    const { name: receiver, kind, repeatMs, minSeverity } = lane.settings;
    const nowMs = Date.now();
    const controls = this.controls.controls(alert.pipeline);
    const before = history.of(alert, receiver);
    // Where nothing is written down it is being delivered for the first time.
    if (before === undefined || !isAtLeast(alert.severity, minSeverity) || silenceOf(alert, controls, nowMs)) return;
    const acknowledgement = acknowledgementOf(alert.id, controls) ?? null;
    const wasSilenced = before.outcome === 'silenced';
    if (!wasSilenced) {
      const key = `${receiver} ${alert.severity} ${alert.id}`;
      const lastMs = Math.max(before.atMs, this.repeatedMs.get(key) ?? 0);
      if (repeatMs === null || nowMs - lastMs < repeatMs) return;
      if (acknowledgement !== null && kind !== 'alertmanager') return;
      this.repeatedMs.set(key, nowMs);
    }
    const notice: AlertNotice = {
      alert,
      repetition: wasSilenced ? null : Math.floor(nowMs / (repeatMs ?? 1)),
      link: alertLinkOf(this.config.alertLink, alert),
      acknowledgement,
    };
    const isOver = (): boolean => this.state.isResolved(alert.id);
    const result = await lane.attempt(() => (isOver() ? null : notice), this.stopping.signal);
    if (result === null) return;
    this.state.settled(alert.pipeline, receiver, result.outcome);
    if (result.outcome !== 'delivered') {
      this.log.warn(
        { receiver, alert: alert.id },
        `a firing alert was not told again to ${receiver}: ${result.reason}`,
      );
    }
    // What keeps Alertmanager informed every minute is not written down; an attempt after a silence that failed is made again.
    if (wasSilenced ? result.outcome !== 'delivered' : kind === 'alertmanager') return;
    const { id: alertId, state, severity } = alert;
    const row = { alertId, state, severity, receiver, repetition: !wasSilenced, at: Date.now(), ...result };
    await deliveries.append([row], `alert-deliveries-${randomUUID()}`);
  }

  /** When which alert was told last is remembered only while it fires. */
  private forget(pipeline: string, firing: readonly AlertRecord[]): void {
    const ids = new Set(firing.map(({ id }) => id));
    for (const key of this.repeatedMs.keys()) {
      const id = key.split(' ').slice(2).join(' ');
      if (id.startsWith(`${pipeline}/`) && !ids.has(id)) this.repeatedMs.delete(key);
    }
  }
}
