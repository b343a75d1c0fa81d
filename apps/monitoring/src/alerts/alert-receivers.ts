import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { PipelineCatalog } from '#platform/control';
import { ReceiverLane, type DeliveryResult } from '#platform/receivers';
import { HealthRegistry, LOG, PIPELINE_CATALOG, SERVICE_CONFIG } from '#platform/service';
import type { Log } from '#platform/telemetry';
import type { MonitoringConfig } from '../monitoring.config.js';

/** For how long health tells of alerts that did not get through. */
const REMEMBERED_MS = 3_600_000;

interface Undelivered {
  readonly count: number;
  readonly lastMs: number;
  readonly reason: string;
}

/** The receivers that the configuration defines, and what is wrong with them. */
@Injectable()
export class AlertReceivers implements OnModuleInit {
  private readonly lanes: ReadonlyMap<string, ReceiverLane>;
  private readonly undelivered = new Map<string, Undelivered>();

  constructor(
    @Inject(SERVICE_CONFIG) private readonly config: MonitoringConfig,
    @Inject(PIPELINE_CATALOG) private readonly catalog: PipelineCatalog,
    @Inject(LOG) private readonly log: Log,
    private readonly health: HealthRegistry,
  ) {
    const options = { giveUpAfterMs: config.alertRetryForMs };
    this.lanes = new Map(
      [...config.alertReceivers].map(([name, settings]) => [name, new ReceiverLane(settings, options)]),
    );
  }

  onModuleInit(): void {
    this.health.remark('alerts', () => [...this.unknown(), ...this.troubled()]);
  }

  lane(name: string): ReceiverLane | undefined {
    return this.lanes.get(name);
  }

  /** Each with whether it does not answer. */
  states(): readonly { readonly receiver: string; readonly away: boolean }[] {
    return [...this.lanes].map(([receiver, { outage }]) => ({ receiver, away: outage !== null }));
  }

  /** Writes down that an alert did not get through. */
  notDelivered(receiver: string, alert: string, { outcome, attempts, reason }: DeliveryResult): void {
    this.log.error({ receiver, alert, outcome, attempts }, `an alert was not delivered to ${receiver}: ${reason}`);
    const before = this.undelivered.get(receiver);
    const nowMs = Date.now();
    const count = before !== undefined && nowMs - before.lastMs < REMEMBERED_MS ? before.count : 0;
    this.undelivered.set(receiver, { count: count + 1, lastMs: nowMs, reason });
  }

  private unknown(): readonly string[] {
    const served = this.config.pipelines;
    return this.catalog
      .list()
      .filter(({ definition: { name } }) => served === 'all' || served.includes(name))
      .flatMap(({ definition: { name, monitoring } }) =>
        (monitoring?.receivers ?? [])
          .filter((receiver) => !this.lanes.has(receiver))
          .map((receiver) => `${name} names the receiver ${receiver}, which EDDYLINE_ALERT_RECEIVERS does not define`),
      );
  }

  private troubled(): readonly string[] {
    const away = [...this.lanes].flatMap(([name, { outage }]) =>
      outage === null
        ? []
        : [`the receiver ${name} does not answer since ${new Date(outage.sinceMs).toISOString()}: ${outage.reason}`],
    );
    const lost = [...this.undelivered]
      .filter(([, { lastMs }]) => Date.now() - lastMs < REMEMBERED_MS)
      .map(([name, { count, reason }]) => `${count} not delivered to ${name} within the last hour: ${reason}`);
    return [...away, ...lost];
  }
}
