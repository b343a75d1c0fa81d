/** Record headers that cross a service boundary. CloudEvents Kafka binding (binary mode), W3C Trace Context, and our own. */
export const HEADER = {
  ceId: 'ce_id',
  ceTime: 'ce_time',
  ceType: 'ce_type',
  ceSource: 'ce_source',
  ceSpecVersion: 'ce_specversion',
  contentType: 'content-type',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** Names of violated expectations with `on: flag` or `on: impute`, comma-separated. */
  flags: 'eddyline_flags',
  quarantineStage: 'eddyline_quarantine_stage',
  quarantineReason: 'eddyline_quarantine_reason',
  quarantineMessage: 'eddyline_quarantine_message',
  quarantineAt: 'eddyline_quarantine_at',
  quarantineTopic: 'eddyline_quarantine_topic',
  quarantinePartition: 'eddyline_quarantine_partition',
  quarantineOffset: 'eddyline_quarantine_offset',
  /** Kafka timestamp of the original record, ms since epoch. */
  quarantineTimestamp: 'eddyline_quarantine_timestamp',
  /** 1 for the first time an event was quarantined, one more after each replay. */
  attempt: 'eddyline_attempt',
  /** `<quarantine partition>-<offset>` of the record that a replay took up. */
  replayOf: 'eddyline_replay_of',
  /** The topic to which the replay put the record; gone once a stage has passed it on. */
  replayTo: 'eddyline_replay_to',
  /** Names the run of the replay, so that what became of its records can be told. */
  replayRun: 'eddyline_replay_run',
  /** Of a label that waits for its prediction: how often it was looked for, and when it is to be looked for again (ms since epoch). */
  labelAttempt: 'eddyline_label_attempt',
  labelNotBefore: 'eddyline_label_not_before',
  /** When the label was first looked at, ms since epoch. */
  labelSince: 'eddyline_label_since',
  /** Position and Kafka timestamp (ms since epoch) of the label on the labels topic. */
  labelPartition: 'eddyline_label_partition',
  labelOffset: 'eddyline_label_offset',
  labelTimestamp: 'eddyline_label_timestamp',
} as const;

/** Headers that a label has only while it waits. */
export const LABEL_WAIT_HEADERS: ReadonlySet<string> = new Set([
  HEADER.labelAttempt,
  HEADER.labelNotBefore,
  HEADER.labelSince,
  HEADER.labelPartition,
  HEADER.labelOffset,
  HEADER.labelTimestamp,
]);

/** Headers by which a stage says why a record is in quarantine; the others are the event's own, and the attempt that stays. */
export const PROVENANCE_HEADERS: ReadonlySet<string> = new Set([
  HEADER.quarantineStage,
  HEADER.quarantineReason,
  HEADER.quarantineMessage,
  HEADER.quarantineAt,
  HEADER.quarantineTopic,
  HEADER.quarantinePartition,
  HEADER.quarantineOffset,
  HEADER.quarantineTimestamp,
]);
