import type { ModelReference, PipelineDefinition, PipelineFlag } from '#contracts';
import type { ClockSettings } from '#domain/monitors';
import type { AvroCodecs } from '#platform/avro';
import type { MonitorLog } from '#platform/clickhouse';
import type { MonitorCheckpoints } from '#platform/control';
import type { Kafka } from 'kafkajs';
import type { EngineLog } from './engine-log.js';
import type { LogPosition } from './log-position.js';
import type { MonitorMetrics } from './monitor-metrics.js';

/** What the monitors of every pipeline share. */
export interface MonitorParts {
  readonly kafka: Kafka;
  readonly codecs: AvroCodecs;
  readonly checkpoints: MonitorCheckpoints;
  readonly position: LogPosition;
  readonly clock: ClockSettings;
  readonly metrics: MonitorMetrics;
  logOf(definition: PipelineDefinition): EngineLog;
  monitorLogOf(pipeline: string): MonitorLog;
  referenceOf(pipeline: string, version: string): ModelReference | undefined;
  flagsOf(pipeline: string): readonly PipelineFlag[];
  /** Wall clock, ms. */
  nowMs(): number;
}
