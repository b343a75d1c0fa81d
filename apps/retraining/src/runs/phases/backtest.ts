import { backtestRows, type BacktestReport, type GateScores, type Scorer } from '#domain/gates';
import type { GatesDefinition } from '#contracts';
import { modelRuntime, VersionModels } from '#platform/onnx';
import { datasetColumnsOf, streamLoggedRows } from '#platform/training-data';
import type { PhaseTask } from '../phase-messages.js';
import type { PhasePorts } from './phase-ports.js';

/** Replays the newest predictions that were served by then, through the versions that made them and through the candidate. */
export async function backtest(
  { definition, run, versions, resources }: PhaseTask,
  { metric, confidence, backtestRows: rows, replayTolerance }: GatesDefinition,
  candidate: Scorer,
  { clickhouse, artifacts, signal, tell }: PhasePorts,
): Promise<BacktestReport> {
  const { slices } = datasetColumnsOf(definition);
  const range = { fromMs: null, toMs: run.clock === null ? null : run.clock + 1, rows };
  const logged = streamLoggedRows(clickhouse, definition, slices, range, { bounds: resources.dataQuery, signal });
  const { task, threshold } = definition.model;
  const names = definition.features.map(({ name }) => name);
  const models = new VersionModels(versions, names, artifacts);
  const incumbent = async (version: string): Promise<{ readonly score: Scorer } | { readonly missing: string }> => {
    const model = await models.get(version);
    return 'missing' in model ? model : { score: (batch): Promise<GateScores> => model.score(batch) };
  };
  const rule = { task, threshold };
  const runtime = modelRuntime();
  const settings = { rule, slices, tolerance: replayTolerance, metrics: [metric], confidence, runtime };
  const onProgress = (done: number): void =>
    void tell({ text: `replays the log: ${done} of ${rows} events`, ratio: done / rows });
  try {
    return await backtestRows(logged, settings, { incumbent, candidate }, { signal, onProgress });
  } finally {
    await models.release();
  }
}
