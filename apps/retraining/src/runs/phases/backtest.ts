import { backtestRows, type BacktestReport, type GateScores, type Scorer } from '#domain/gates';
import type { GatesDefinition } from '#contracts';
import { OnnxModel } from '#platform/onnx';
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
  const features = definition.features.map(({ name }) => name).join();
  const opened: OnnxModel[] = [];
  const incumbent = async (version: string): Promise<{ readonly score: Scorer } | { readonly missing: string }> => {
    const known = versions.find((one) => one.version === version);
    if (known === undefined) return { missing: 'the registry does not know it' };
    if (known.features.join() !== features) return { missing: 'it takes other features than the pipeline has now' };
    const model = await OnnxModel.load(await artifacts.get(known.artifactUri, known.sha256), known);
    opened.push(model);
    return { score: (batch): Promise<GateScores> => model.score(batch) };
  };
  const settings = { rule: { task, threshold }, slices, tolerance: replayTolerance, metrics: [metric], confidence };
  const onProgress = (done: number): void =>
    void tell({ text: `replays the log: ${done} of ${rows} events`, ratio: done / rows });
  try {
    return await backtestRows(logged, settings, { incumbent, candidate }, { signal, onProgress });
  } finally {
    await Promise.all(opened.map((model) => model.release()));
  }
}
