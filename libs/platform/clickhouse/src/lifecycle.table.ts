import { LIFECYCLE_DATABASE, type LifecycleEvent } from '#contracts';
import * as types from './column-type.js';
import { column, TIME_CODEC, word } from './column.js';
import type { Table } from './table.js';

/** A decision as it lies on `eddyline.lifecycle`. */
export interface LoggedLifecycleEvent {
  readonly event: LifecycleEvent;
  readonly partition: number;
  readonly offset: number;
}

const name = types.nullable(types.string);
const json = (value: unknown): string => JSON.stringify(value);

/** Every decision about the models of every pipeline. */
export const LIFECYCLE_TABLE: Table<LoggedLifecycleEvent> = {
  database: LIFECYCLE_DATABASE,
  name: 'lifecycle',
  comment: 'Decisions about the models of all pipelines, with what they rest on: one row each',
  columns: [
    column('pipeline', word, ({ event }) => event.pipeline, 'name of the pipeline'),
    column('sequence', types.uint64, ({ event }) => event.sequence, 'counted up per pipeline from 1', TIME_CODEC),
    column('kind', word, ({ event }) => event.change.kind, 'what happened'),
    column('change', types.string, ({ event }) => json(event.change), 'what happened, JSON', 'ZSTD(3)'),
    column('at', types.time, ({ event }) => event.at, 'wall clock', TIME_CODEC),
    column('clock', types.nullable(types.time), ({ event }) => event.clock, 'event time by the pipeline’s clock'),
    column('run', name, ({ event }) => event.run, 'training run'),
    column('rollout', name, ({ event }) => event.rollout, 'rollout'),
    column('version', name, ({ event }) => event.version, 'version that it is about'),
    column('champion', name, ({ event }) => event.champion, 'version that serves after it'),
    column('challenger', name, ({ event }) => event.challenger, 'version that is beside it, after it'),
    column('share', types.float64, ({ event }) => event.share, 'share of the keys that the challenger serves after it'),
    column('by', types.string, ({ event }) => event.by, 'service or person'),
    column('summary', types.string, ({ event }) => event.summary, 'one sentence'),
    column('evidence', types.string, ({ event }) => json(event.evidence), 'what it rests on, JSON', 'ZSTD(3)'),
    column('log_partition', types.int32, ({ partition }) => partition, 'partition of the record on its topic'),
    column('log_offset', types.int64, ({ offset }) => offset, 'offset of the record on its topic', TIME_CODEC),
  ],
  aliases: [],
  indexes: [],
  orderBy: ['pipeline', 'sequence'],
  identity: ['log_offset', 'log_partition'],
};
