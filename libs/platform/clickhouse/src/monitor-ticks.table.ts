import { databaseOf, type MonitorTick } from '#contracts';
import * as types from './column-type.js';
import { column, TIME_CODEC } from './column.js';
import type { Table } from './table.js';

const clock = types.nullable(types.time);
const offsets = types.array(types.int64);

/** What the log held whenever a pipeline's clocks moved: by it, windows are cut the same again. */
export function monitorTicksTable(pipeline: string): Table<MonitorTick> {
  return {
    database: databaseOf(pipeline),
    name: 'monitor_ticks',
    comment: `Clocks of the pipeline ${pipeline}, and what the log held when they showed that`,
    columns: [
      column('tick', types.uint64, (t) => t.tick, 'counted up', TIME_CODEC),
      column('events_clock', clock, (t) => t.eventsClock, 'event time that all partitions have reached'),
      column('labels_clock', clock, (t) => t.labelsClock, 'the same of the times at which labels became known'),
      column('predictions_cut', offsets, (t) => t.cut.predictions, 'per partition, the first offset not in the log'),
      column('outcomes_cut', offsets, (t) => t.cut.outcomes, 'per partition, the first offset not in the log'),
      column('quarantine_cut', offsets, (t) => t.cut.quarantine, 'per partition, the first offset not in the log'),
      column('ticked_at', types.time, (t) => t.tickedAt, 'wall clock', TIME_CODEC),
    ],
    aliases: [],
    // Clocks only go forward: a time is found among some thousand rows.
    indexes: ['events_clock', 'labels_clock'].map((expression) => ({
      name: `by_${expression}`,
      expression,
      type: 'minmax',
      granularity: 1,
    })),
    partitionBy: 'toYYYYMM(ticked_at)',
    orderBy: ['tick'],
    identity: ['tick'],
  };
}
