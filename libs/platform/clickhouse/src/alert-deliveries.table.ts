import { databaseOf, type AlertState, type Severity } from '#contracts';
import * as types from './column-type.js';
import { column, TIME_CODEC, word } from './column.js';
import type { Table } from './table.js';

/** What became of telling one receiver of one change of an alert. */
export interface AlertDeliveryRow {
  readonly alertId: string;
  readonly state: AlertState;
  readonly severity: Severity;
  readonly receiver: string;
  /**
   * `delivered`; `refused`: the receiver does not take it; `unreachable`: given up after as long as was tried; `silenced`:
   * not sent; `unknown_receiver`: the service's configuration does not know the name.
   */
  readonly outcome: 'delivered' | 'refused' | 'unreachable' | 'silenced' | 'unknown_receiver';
  /** Told again, still firing. */
  readonly repetition: boolean;
  readonly attempts: number;
  /** Why not, or by which silence; else empty. */
  readonly reason: string;
  /** Wall clock, ms. */
  readonly at: number;
}

/** A row per change of an alert and receiver. */
export function alertDeliveriesTable(pipeline: string): Table<AlertDeliveryRow> {
  return {
    database: databaseOf(pipeline),
    name: 'alert_deliveries',
    comment: `Whom the alerts of the pipeline ${pipeline} were told`,
    columns: [
      column('alert_id', types.string, (row) => row.alertId, 'id of the alert'),
      column('state', word, (row) => row.state, 'firing or resolved'),
      column('severity', word, (row) => row.severity, 'info, warning or critical'),
      column('receiver', word, (row) => row.receiver, 'as the pipeline file names it'),
      column('outcome', word, (row) => row.outcome, 'delivered, refused, unreachable, silenced or unknown_receiver'),
      column('repetition', types.bool, (row) => row.repetition, 'told again, still firing'),
      column('attempts', types.int32, (row) => row.attempts, 'requests that were made'),
      column('reason', types.string, (row) => row.reason, 'why not, or by which silence'),
      column('at', types.time, (row) => row.at, 'wall clock at which it was settled', TIME_CODEC),
    ],
    aliases: [],
    indexes: [],
    partitionBy: 'toYYYYMM(at)',
    orderBy: ['alert_id', 'receiver', 'at'],
    identity: ['alert_id', 'receiver', 'state', 'severity', 'at'],
  };
}
