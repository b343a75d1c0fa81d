import type { ClickHouseClient } from '@clickhouse/client';
import { appendRows, type AppendOptions } from './append-rows.js';
import { outcomeRevisionsTable, outcomesLatestTable, type LoggedOutcome } from './outcomes.table.js';
import type { PredictionColumnsInput } from './prediction-columns.js';
import type { Table } from './table.js';

/** The log of a pipeline's outcomes in ClickHouse: every label, and the one of each event that holds. */
export class OutcomeLog {
  private readonly revisions: Table<LoggedOutcome>;
  private readonly latest: Table<LoggedOutcome>;

  constructor(
    private readonly client: ClickHouseClient,
    definition: PredictionColumnsInput,
  ) {
    this.revisions = outcomeRevisionsTable(definition);
    this.latest = outcomesLatestTable(definition);
  }

  /**
   * As PredictionLog.append, into both tables:
   *
   * 1. `outcome_revisions` — a death here repeats the range, which is found there;
   * 2. `outcomes_latest` — a death here repeats the range, which replaces itself.
   */
  async append(outcomes: readonly LoggedOutcome[], token: string, options: AppendOptions = {}): Promise<void> {
    await appendRows(this.client, this.revisions, outcomes, token, options);
    await appendRows(this.client, this.latest, outcomes, token, options);
  }
}
