import { runGates, type Scorer } from '#domain/gates';
import type { ArtifactStore } from '#platform/artifacts';
import { describeModel, measureLatency, OnnxModel, planModelLayout } from '#platform/onnx';
import { holdoutFrom } from '#platform/training-data';
import type { PhaseTask } from '../phase-messages.js';
import { backtest } from './backtest.js';
import { candidateOf } from './candidate-of.js';
import { refused, type Phase } from './phase-ports.js';
import { readCollected } from './read-collected.js';
import { trainingSettingsOf } from './training-settings.js';

/** Holds the candidate, and the champion, to the rows that no training saw, and the candidate to everything else that gates ask. */
export const gate: Phase = async (task, ports) => {
  const { definition, run } = task;
  const { artifacts, tell, signal } = ports;
  const { gates } = definition;
  if (gates === undefined) return { kind: 'done', product: { phase: 'gating', gates: [] } };
  tell({ text: 'is held to the gates', ratio: 0 });
  const { artifactUri, sha256 } = candidateOf(run);
  const bytes = await artifacts.get(artifactUri, sha256);
  const layout = planModelLayout(await describeModel(bytes), definition.features, definition.model.task);
  if (!layout.ok) return refused(`the model does not fit the pipeline: ${layout.problems.join('; ')}`);
  const { slices, rows } = await readCollected(run, artifacts);
  const holdout = { slices, rows: rows.slice(holdoutFrom(rows.length, trainingSettingsOf(definition).holdout)) };
  const candidate = await OnnxModel.load(bytes, layout);
  const incumbent = await loadChampion(task, artifacts);
  const results = await runGates(
    definition,
    gates,
    holdout,
    {
      candidate: { score: scorerOf(candidate), sizeBytes: bytes.byteLength },
      champion: incumbent,
      measureLatency: (sample) => measureLatency(candidate, sample),
      backtest: gates.backtestRows === 0 ? null : () => backtest(task, gates, scorerOf(candidate), ports),
    },
    {
      signal,
      onProgress: (done, of, gate) =>
        void tell({ text: `is held to the gate ${gate} (${done + 1} of ${of})`, ratio: done / of }),
    },
  );
  return { kind: 'done', product: { phase: 'gating', gates: results } };
};

type Incumbent = { readonly version: string; readonly score: Scorer };

/**
 * Null: nobody serves yet, or it takes other features than the pipeline has now, and cannot say anything of these rows.
 *
 * @throws Retriable while the store is away; ArtifactCorrupted
 */
async function loadChampion(
  { champion: version, versions, definition: { features } }: PhaseTask,
  artifacts: ArtifactStore,
): Promise<Incumbent | null> {
  const champion = versions.find((one) => one.version === version);
  if (champion === undefined || champion.features.join() !== features.map(({ name }) => name).join()) return null;
  const model = await OnnxModel.load(await artifacts.get(champion.artifactUri, champion.sha256), champion);
  return { version: champion.version, score: scorerOf(model) };
}

function scorerOf(model: OnnxModel): Scorer {
  return (rows) => model.score(rows);
}
