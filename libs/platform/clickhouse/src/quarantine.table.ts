import { databaseOf } from '#contracts';
import * as types from './column-type.js';
import { column, TIME_CODEC, word } from './column.js';
import type { Table } from './table.js';

/** An event that a stage refused, with everything that is needed to look at it and to publish it again. */
export interface QuarantinedEvent {
  /** Empty when it is not known, as for values that cannot be read. */
  readonly eventId: string;
  readonly stage: string;
  readonly reason: string;
  /** One sentence for a person. */
  readonly message: string;
  /** Where the refused record lies. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Kafka timestamp of the refused record, ms since epoch. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The original headers. */
  readonly headers: Readonly<Record<string, Buffer>>;
  readonly attempt: number;
  readonly quarantinedAtMs: number;
  /** Position on `<p>.quarantine`; what a replay names. */
  readonly quarantinePartition: number;
  readonly quarantineOffset: number;
  readonly traceId: string;
}

const bytes = types.nullable(types.blob);

/** The quarantine of a pipeline: one row per record on its quarantine topic. */
export function quarantineTable(pipeline: string): Table<QuarantinedEvent> {
  return {
    database: databaseOf(pipeline),
    name: 'quarantine',
    comment: `Events that a stage of the pipeline ${pipeline} refused, untouched`,
    columns: [
      column('event_id', types.string, (e) => e.eventId, 'identity of the event; empty where it cannot be read'),
      column('stage', word, (e) => e.stage, 'service that refused it'),
      column('reason', word, (e) => e.reason, 'reason code'),
      column('message', types.string, (e) => e.message, 'what was wrong, in a sentence'),
      column('topic', word, (e) => e.topic, 'topic of the refused record'),
      column('partition', types.int32, (e) => e.partition, 'partition of the refused record'),
      column('offset', types.int64, (e) => e.offset, 'offset of the refused record', TIME_CODEC),
      column('kafka_timestamp', types.time, (e) => e.timestampMs, 'Kafka timestamp of the refused record'),
      column('key', bytes, (e) => e.key, 'its key, byte for byte'),
      column('value', bytes, (e) => e.value, 'its value, byte for byte', 'ZSTD(3)'),
      column('headers', types.map(types.blob), (e) => e.headers, 'its headers, byte for byte'),
      column('attempt', types.uint16, (e) => e.attempt, '1 at first, one more after each replay'),
      column('quarantined_at', types.time, (e) => e.quarantinedAtMs, 'when it was refused', TIME_CODEC),
      column('quarantine_partition', types.int32, (e) => e.quarantinePartition, 'partition on the quarantine topic'),
      column('quarantine_offset', types.int64, (e) => e.quarantineOffset, 'offset on the quarantine topic', TIME_CODEC),
      column('trace_id', types.string, (e) => e.traceId, 'trace of the event when it was sampled, else empty'),
    ],
    aliases: [],
    indexes: [
      { name: 'by_event_id', expression: 'event_id', type: 'bloom_filter(0.001)', granularity: 1 },
      { name: 'by_trace_id', expression: 'trace_id', type: 'bloom_filter(0.001)', granularity: 1 },
    ],
    partitionBy: 'toYYYYMM(quarantined_at)',
    orderBy: ['stage', 'reason', 'quarantined_at'],
    identity: ['quarantine_offset', 'quarantine_partition', 'quarantined_at'],
  };
}
