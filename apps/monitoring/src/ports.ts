import type { PipelineDefinition, PredictionRecord } from '#contracts';
import type { InsertTraceOptions, QuarantinedEvent } from '#platform/clickhouse';

/** Injection token of RecordLog. */
export const LOG_OF_RECORD = Symbol('monitoring.log-of-record');

/**
 * Where the service writes. Both methods resolve when the rows are durable, store a repetition under the same token
 * once, and throw Retriable('clickhouse_unreachable') while the log cannot be written to.
 * `repeated`: an earlier call under the token may have got somewhere.
 */
export interface RecordLog {
  appendPredictions(
    definition: PipelineDefinition,
    records: readonly PredictionRecord[],
    token: string,
    tracing: InsertTraceOptions,
    repeated: boolean,
  ): Promise<void>;
  appendQuarantined(
    definition: PipelineDefinition,
    events: readonly QuarantinedEvent[],
    token: string,
    tracing: InsertTraceOptions,
    repeated: boolean,
  ): Promise<void>;
}
