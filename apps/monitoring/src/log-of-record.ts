import { Inject, Injectable } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import type { PipelineDefinition } from '#contracts';
import {
  AlertLog,
  ExplanationLog,
  OutcomeLog,
  PredictionLog,
  QuarantineLog,
  type AppendOptions,
  type LoggedAlert,
  type LoggedExplanation,
  type LoggedOutcome,
  type LoggedPrediction,
  type QuarantinedEvent,
} from '#platform/clickhouse';
import { CLICKHOUSE } from '#platform/clickhouse-watch';
import { LogMetrics } from './log-metrics.js';
import type { RecordLog } from './ports.js';

interface PipelineLogs {
  readonly predictions: PredictionLog;
  readonly shadows: PredictionLog;
  readonly quarantine: QuarantineLog;
  readonly outcomes: OutcomeLog;
  readonly alerts: AlertLog;
  readonly explanations: ExplanationLog;
}

/** The log in ClickHouse, of every pipeline, measured. */
@Injectable()
export class LogOfRecord implements RecordLog {
  /** By definition object: a new revision brings a new one, and with it the columns that it adds. */
  private readonly logs = new WeakMap<PipelineDefinition, PipelineLogs>();
  private readonly metrics = new LogMetrics();

  constructor(@Inject(CLICKHOUSE) private readonly client: ClickHouseClient) {}

  async appendPredictions(
    definition: PipelineDefinition,
    predictions: readonly LoggedPrediction[],
    token: string,
    options: AppendOptions,
  ): Promise<void> {
    const agesFromMs = predictions.map(({ record }) => record.predicted_at);
    await this.metrics.measure({ pipeline: definition.name, table: 'predictions' }, agesFromMs, () =>
      this.logsOf(definition).predictions.append(predictions, token, options),
    );
  }

  async appendShadows(
    definition: PipelineDefinition,
    predictions: readonly LoggedPrediction[],
    token: string,
    options: AppendOptions,
  ): Promise<void> {
    const agesFromMs = predictions.map(({ record }) => record.predicted_at);
    await this.metrics.measure({ pipeline: definition.name, table: 'shadow_predictions' }, agesFromMs, () =>
      this.logsOf(definition).shadows.append(predictions, token, options),
    );
  }

  async appendQuarantined(
    definition: PipelineDefinition,
    events: readonly QuarantinedEvent[],
    token: string,
    options: AppendOptions,
  ): Promise<void> {
    const agesFromMs = events.map(({ quarantinedAtMs }) => quarantinedAtMs);
    await this.metrics.measure({ pipeline: definition.name, table: 'quarantine' }, agesFromMs, () =>
      this.logsOf(definition).quarantine.append(events, token, options),
    );
  }

  async appendOutcomes(
    definition: PipelineDefinition,
    outcomes: readonly LoggedOutcome[],
    token: string,
    options: AppendOptions,
  ): Promise<void> {
    const agesFromMs = outcomes.map(({ record }) => record.joined_at);
    await this.metrics.measure({ pipeline: definition.name, table: 'outcomes' }, agesFromMs, () =>
      this.logsOf(definition).outcomes.append(outcomes, token, options),
    );
  }

  async appendAlerts(
    definition: PipelineDefinition,
    alerts: readonly LoggedAlert[],
    token: string,
    options: AppendOptions,
  ): Promise<void> {
    const agesFromMs = alerts.map(({ record }) => record.noticed_at);
    await this.metrics.measure({ pipeline: definition.name, table: 'alerts' }, agesFromMs, () =>
      this.logsOf(definition).alerts.append(alerts, token, options),
    );
  }

  async appendExplanations(
    definition: PipelineDefinition,
    explanations: readonly LoggedExplanation[],
    token: string,
    options: AppendOptions,
  ): Promise<void> {
    const agesFromMs = explanations.map(({ record }) => record.explained_at);
    await this.metrics.measure({ pipeline: definition.name, table: 'explanations' }, agesFromMs, () =>
      this.logsOf(definition).explanations.append(explanations, token, options),
    );
  }

  private logsOf(definition: PipelineDefinition): PipelineLogs {
    let logs = this.logs.get(definition);
    if (logs === undefined) {
      logs = {
        predictions: new PredictionLog(this.client, definition),
        shadows: new PredictionLog(this.client, definition, 'shadows'),
        quarantine: new QuarantineLog(this.client, definition.name),
        outcomes: new OutcomeLog(this.client, definition),
        alerts: new AlertLog(this.client, definition.name),
        explanations: new ExplanationLog(this.client, definition),
      };
      this.logs.set(definition, logs);
    }
    return logs;
  }
}
