import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import { classifyClickHouseError } from '#platform/clickhouse';
import { HealthRegistry, StartUp } from '#platform/service';

/** Injection token of the ClickHouse client. */
export const CLICKHOUSE = Symbol('eddyline.clickhouse');

const EVERY_MS = 5_000;

/** Waits for ClickHouse before the first batch, and tells readiness when it goes away later, traffic or not. */
@Injectable()
export class ClickHouseWatch implements OnModuleInit, OnApplicationShutdown {
  private away: string | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CLICKHOUSE) private readonly client: ClickHouseClient,
    private readonly health: HealthRegistry,
    private readonly startUp: StartUp,
  ) {}

  onModuleInit(): void {
    this.health.register('clickhouse', () => (this.away === null ? [] : [this.away]));
    this.startUp.add({ name: 'ClickHouse', run: () => this.reach() });
    this.timer = setInterval(() => void this.look(), EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.client.close();
  }

  /** @throws Retriable('clickhouse_unreachable'), or ClickHouseRefused for a wrong user or password */
  private async reach(): Promise<void> {
    const answer = await this.client.ping({ select: true });
    this.away = null;
    if (!answer.success) throw classifyClickHouseError(answer.error, 'connecting');
  }

  private async look(): Promise<void> {
    try {
      await this.reach();
    } catch (error) {
      this.away = (error as Error).message;
    }
  }
}
