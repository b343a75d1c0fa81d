import type { AlertRecord, PipelineDefinition } from '#contracts';
import type {
  AppendOptions,
  LoggedAlert,
  LoggedExplanation,
  LoggedOutcome,
  LoggedPrediction,
  QuarantinedEvent,
} from '#platform/clickhouse';

/** Injection token of RecordLog. */
export const LOG_OF_RECORD = Symbol('monitoring.log-of-record');

/**
 * Where the service writes. Every method resolves when the rows are durable, stores a repetition under the same token
 * once, and throws Retriable('clickhouse_unreachable') while the log cannot be written to.
 */
export interface RecordLog {
  appendPredictions(
    definition: PipelineDefinition,
    predictions: readonly LoggedPrediction[],
    token: string,
    options: AppendOptions,
  ): Promise<void>;
  /** Predictions beside those that were served. */
  appendShadows(
    definition: PipelineDefinition,
    predictions: readonly LoggedPrediction[],
    token: string,
    options: AppendOptions,
  ): Promise<void>;
  appendQuarantined(
    definition: PipelineDefinition,
    events: readonly QuarantinedEvent[],
    token: string,
    options: AppendOptions,
  ): Promise<void>;
  appendOutcomes(
    definition: PipelineDefinition,
    outcomes: readonly LoggedOutcome[],
    token: string,
    options: AppendOptions,
  ): Promise<void>;
  appendAlerts(
    definition: PipelineDefinition,
    alerts: readonly LoggedAlert[],
    token: string,
    options: AppendOptions,
  ): Promise<void>;
  appendExplanations(
    definition: PipelineDefinition,
    explanations: readonly LoggedExplanation[],
    token: string,
    options: AppendOptions,
  ): Promise<void>;
}

/** Injection token of AlertDelivery. */
export const ALERT_DELIVERY = Symbol('monitoring.alert-delivery');

/** Tells people. Called once the alerts are in the log, in the order in which they lie on `<p>.alerts`. */
export interface AlertDelivery {
  /**
   * Resolves when nothing more can be done about these alerts: each of the pipeline's receivers has them, has refused them,
   * does not want them, or could not be reached for as long as is tried. At least once: what was settled and not yet written
   * down when the process died is delivered again.
   *
   * @throws Retriable('receiver_unreachable') only when `signal` is aborted while a receiver is waited for,
   *   Retriable('clickhouse_unreachable') when what became of them cannot be written down
   */
  deliver(definition: PipelineDefinition, alerts: readonly AlertRecord[], signal: AbortSignal): Promise<void>;
}
