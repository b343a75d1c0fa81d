import type { ClickHouseClient } from '@clickhouse/client';
import { appendRows, type AppendOptions } from './append-rows.js';
import type { LoggedPrediction, PredictionColumnsInput } from './prediction-columns.js';
import { predictionsTable } from './predictions.table.js';
import { shadowPredictionsTable } from './shadow-predictions.table.js';
import type { Table } from './table.js';

/** The log of a pipeline's predictions in ClickHouse: of those that were served, or of those beside them. */
export class PredictionLog {
  private readonly table: Table<LoggedPrediction>;

  constructor(
    private readonly client: ClickHouseClient,
    definition: PredictionColumnsInput,
    of: 'served' | 'shadows' = 'served',
  ) {
    this.table = (of === 'served' ? predictionsTable : shadowPredictionsTable)(definition);
  }

  /**
   * Resolves when the predictions are stored. A repetition under the same token is stored once.
   *
   * @param token stands for exactly these predictions, e.g. `<topic>-<partition>-<start>-<end>`
   * @throws Retriable('clickhouse_unreachable') when ClickHouse is away or the table is not there yet
   */
  async append(predictions: readonly LoggedPrediction[], token: string, options: AppendOptions = {}): Promise<void> {
    await appendRows(this.client, this.table, predictions, token, options);
  }
}
