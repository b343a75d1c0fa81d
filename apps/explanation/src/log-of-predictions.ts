import type { OnApplicationShutdown } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import type { PipelineDefinition } from '#contracts';
import { PredictionLookup, type LoggedPrediction } from '#platform/clickhouse';
import type { PredictionLog } from './ports.js';

/**
 * Predictions of every pipeline, in ClickHouse. Only who asks for one needs it: the stream goes on while ClickHouse is away, and
 * readiness has nothing to say of it.
 */
export class LogOfPredictions implements PredictionLog, OnApplicationShutdown {
  /** By definition object: a new revision brings a new one, and with it the columns that it adds. */
  private readonly lookups = new WeakMap<PipelineDefinition, PredictionLookup>();

  constructor(private readonly client: ClickHouseClient) {}

  async find(definition: PipelineDefinition, eventId: string): Promise<LoggedPrediction | undefined> {
    let lookup = this.lookups.get(definition);
    if (lookup === undefined) this.lookups.set(definition, (lookup = new PredictionLookup(this.client, definition)));
    return (await lookup.byIds([eventId])).get(eventId);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
