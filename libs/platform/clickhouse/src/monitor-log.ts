import type { ClickHouseClient } from '@clickhouse/client';
import type { MonitorResult, MonitorTick } from '#contracts';
import { appendRows, type AppendOptions } from './append-rows.js';
import { monitorResultsTable } from './monitor-results.table.js';
import { monitorTicksTable } from './monitor-ticks.table.js';
import type { Table } from './table.js';

/** What a pipeline's monitors found, and when they looked, in ClickHouse. */
export class MonitorLog {
  private readonly results: Table<MonitorResult>;
  private readonly ticks: Table<MonitorTick>;

  constructor(
    private readonly client: ClickHouseClient,
    pipeline: string,
  ) {
    this.results = monitorResultsTable(pipeline);
    this.ticks = monitorTicksTable(pipeline);
  }

  /** As PredictionLog.append. A result is known by its monitor, metric, subject, slice and window. */
  async appendResults(results: readonly MonitorResult[], token: string, options: AppendOptions = {}): Promise<void> {
    await appendRows(this.client, this.results, results, token, options);
  }

  /** As PredictionLog.append. A tick is known by its number. */
  async appendTicks(ticks: readonly MonitorTick[], token: string, options: AppendOptions = {}): Promise<void> {
    await appendRows(this.client, this.ticks, ticks, token, options);
  }
}
