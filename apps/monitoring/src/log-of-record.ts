import { Inject, Injectable } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import type { PipelineDefinition, PredictionRecord } from '#contracts';
import { PredictionLog, QuarantineLog, type InsertTraceOptions, type QuarantinedEvent } from '#platform/clickhouse';
import { CLICKHOUSE } from './clickhouse-watch.js';
import { LogMetrics } from './log-metrics.js';
import type { RecordLog } from './ports.js';

interface PipelineLogs {
  readonly predictions: PredictionLog;
  readonly quarantine: QuarantineLog;
}

/** The log in ClickHouse, of every pipeline, measured. */
@Injectable()
export class LogOfRecord implements RecordLog {
  /** By definition object: a new revision brings a new one, and with it the columns that it adds. */
  private readonly logs = new WeakMap<PipelineDefinition, PipelineLogs>();
  private readonly metrics = new LogMetrics();

  constructor(@Inject(CLICKHOUSE) private readonly client: ClickHouseClient) {}

  async appendPredictions(
    definition: PipelineDefinition,
    records: readonly PredictionRecord[],
    token: string,
    tracing: InsertTraceOptions,
    repeated: boolean,
  ): Promise<void> {
    const { predictions } = this.logsOf(definition);
    const agesFromMs = records.map(({ predicted_at }) => predicted_at);
    await this.metrics.measure({ pipeline: definition.name, table: 'predictions' }, agesFromMs, () =>
      predictions.append(records, token, tracing, repeated),
    );
  }

  async appendQuarantined(
    definition: PipelineDefinition,
    events: readonly QuarantinedEvent[],
    token: string,
    tracing: InsertTraceOptions,
    repeated: boolean,
  ): Promise<void> {
    const { quarantine } = this.logsOf(definition);
    const agesFromMs = events.map(({ quarantinedAtMs }) => quarantinedAtMs);
    await this.metrics.measure({ pipeline: definition.name, table: 'quarantine' }, agesFromMs, () =>
      quarantine.append(events, token, tracing, repeated),
    );
  }

  private logsOf(definition: PipelineDefinition): PipelineLogs {
    let logs = this.logs.get(definition);
    if (logs === undefined) {
      logs = {
        predictions: new PredictionLog(this.client, definition),
        quarantine: new QuarantineLog(this.client, definition.name),
      };
      this.logs.set(definition, logs);
    }
    return logs;
  }
}
