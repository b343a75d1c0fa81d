import { databaseOf, sqlIdentifier, type ModelTask, type ModelVersion, type PipelineDefinition } from '#contracts';
import {
  backtestRows,
  isGainEnough,
  isReproduced,
  type BacktestReport,
  type ModelComparison,
  type Scorer,
} from '#domain/gates';
import type { ArtifactStore } from '#platform/artifacts';
import { createClickHouse, runQuery, type NamedQuery } from '#platform/clickhouse';
import { modelRuntime, VersionModels, type OnnxModel } from '#platform/onnx';
import { Retriable } from '#platform/outcomes';
import { datasetColumnsOf, streamLoggedRows, type LoggedRange } from '#platform/training-data';

/** What is replayed beside the versions that served. */
export interface BacktestCandidate {
  /** For a person: `version 3`, or the file's name. */
  readonly name: string;
  readonly model: OnnxModel;
  /** Event time of the last row that it was trained on, ms; null: not known. */
  readonly trainedUntilMs: number | null;
}

export interface BacktestRequest {
  readonly definition: PipelineDefinition;
  readonly range: LoggedRange;
  readonly tolerance: number;
  readonly candidate: BacktestCandidate | null;
}

export interface Backtest extends BacktestReport {
  readonly candidateName: string | null;
  /** Labels from before the candidate's training ended, by which its figures flatter it. */
  readonly trainedUntilMs: number | null;
  readonly passed: boolean;
  /** Why it did not pass, for a person. */
  readonly objections: readonly string[];
}

export interface BacktestPorts {
  readonly clickhouseUrl: string;
  readonly versions: readonly ModelVersion[];
  readonly store: ArtifactStore;
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number) => void;
}

/** The query answers when all its rows are there. */
const REQUEST_TIMEOUT_MS = 310_000;
const CONFIDENCE = 0.95;
const METRICS: Readonly<Record<ModelTask, readonly string[]>> = {
  'binary-classification': ['roc_auc', 'log_loss', 'accuracy'],
  'multiclass-classification': ['log_loss', 'accuracy'],
  regression: ['rmse', 'mae'],
};

/** Replays what was logged through the versions that served, and through the candidate. */
export async function runBacktest(request: BacktestRequest, ports: BacktestPorts): Promise<Backtest> {
  const { definition, range, tolerance, candidate } = request;
  const { gates, model: rule } = definition;
  const client = createClickHouse(ports.clickhouseUrl, { requestTimeoutMs: REQUEST_TIMEOUT_MS });
  const names = definition.features.map(({ name }) => name);
  const models = new VersionModels(ports.versions, names, ports.store);
  const slices = [...new Set([...datasetColumnsOf(definition).slices, ...(definition.monitoring?.slices ?? [])])];
  const { signal, onProgress } = ports;
  try {
    const report = await backtestRows(
      streamLoggedRows(client, definition, slices, range, { signal }),
      {
        rule,
        slices,
        tolerance,
        metrics: [...new Set([...(gates === undefined ? [] : [gates.metric]), ...METRICS[rule.task]])],
        confidence: gates?.confidence ?? CONFIDENCE,
        runtime: modelRuntime(),
      },
      {
        incumbent: async (version) => {
          const model = await models.get(version).catch(unreachable);
          return 'missing' in model ? model : { score: scorerOf(model) };
        },
        candidate: candidate && scorerOf(candidate.model),
      },
      { signal, onProgress },
    );
    const objections = objectionsTo(report, gates);
    return {
      ...report,
      candidateName: candidate?.name ?? null,
      trainedUntilMs: candidate?.trainedUntilMs ?? null,
      passed: objections.length === 0,
      objections,
    };
  } finally {
    await models.release();
    await client.close();
  }
}

function scorerOf(model: OnnxModel): Scorer {
  return (rows) => model.score(rows);
}

/** A person at a prompt is told; a service waits. */
function unreachable(error: unknown): { readonly missing: string } {
  if (error instanceof Retriable) return { missing: error.message };
  throw error;
}

function objectionsTo(report: BacktestReport, gates: PipelineDefinition['gates']): readonly string[] {
  const { rows, candidate } = report;
  if (rows === 0) return ['there is nothing to replay'];
  const judged = gates && report.comparisons.find(({ metric }) => metric === gates.metric);
  return [
    ...(isReproduced(report)
      ? []
      : ['stored scores did not come out again: nothing else of this replay can be relied on']),
    ...(candidate === null || candidate.unscored === 0
      ? []
      : [`the candidate gives ${candidate.unscored} events no score: ${candidate.firstProblem}`]),
    ...(gates === undefined || judged === undefined || isGainEnough(gates, judged) ? [] : [notBetter(gates, judged)]),
  ];
}

function notBetter(
  { minGain, tolerance }: NonNullable<PipelineDefinition['gates']>,
  { metric }: ModelComparison,
): string {
  return (
    `the candidate is not better by ${metric} as the pipeline file asks (gates): ` +
    `a gain of ${minGain} at least, with a lower end of ${Number((minGain - tolerance).toPrecision(6))} at least`
  );
}

/** The last event time that was logged, ms; null of an empty log. */
export async function lastLoggedMs(client: Parameters<typeof runQuery>[0], pipeline: string): Promise<number | null> {
  const query: NamedQuery<Record<string, never>, { readonly rows: string; readonly last: string }> = {
    name: `${pipeline} last event`,
    toSql: () =>
      `SELECT count() AS rows, toUnixTimestamp64Milli(max(event_time)) AS last FROM ${sqlIdentifier(databaseOf(pipeline))}.predictions`,
  };
  const [row] = await runQuery(client, query, {});
  return row === undefined || Number(row.rows) === 0 ? null : Number(row.last);
}
