import { Inject, Injectable } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import type { PipelineDefinition } from '#contracts';
import { PredictionLookup } from '#platform/clickhouse';
import { CLICKHOUSE } from '#platform/clickhouse-watch';
import type { PredictionLog, ServedPredictions } from './ports.js';

/** Predictions of every pipeline, in ClickHouse. */
@Injectable()
export class LogOfPredictions implements PredictionLog {
  /** By definition object: a new revision brings a new one, and with it the columns that it adds. */
  private readonly lookups = new WeakMap<PipelineDefinition, PredictionLookup>();

  constructor(@Inject(CLICKHOUSE) private readonly client: ClickHouseClient) {}

  of(definition: PipelineDefinition): ServedPredictions {
    let lookup = this.lookups.get(definition);
    if (lookup === undefined) this.lookups.set(definition, (lookup = new PredictionLookup(this.client, definition)));
    return lookup;
  }
}
