import { MODEL_METADATA, type ModelReference, type PipelineDefinition } from '#contracts';
import { featureRecordOf } from '#domain/features';
import { sampleRows } from '#domain/learn';
import { formatReferenceRows } from '#platform/artifacts';
import { describeModel, ModelRejected, OnnxModel, planModelLayout, signatureOf } from '#platform/onnx';
import { holdoutFrom, type DatasetRow } from '#platform/training-data';
import { candidateOf } from './candidate-of.js';
import { refused, type Phase, type PhasePorts } from './phase-ports.js';
import { readCollected } from './read-collected.js';
import { trainingSettingsOf } from './training-settings.js';

/** More rows tell drift no better; of more, a sample is kept. */
const MOST_REFERENCE_ROWS = 20_000;

/** Makes of a candidate what a version says of it: how it is fed and read, and the rows that drift is held against. */
export const register: Phase = async ({ definition, run }, { artifacts, tell }) => {
  tell({ text: 'prepares the version', ratio: null });
  const { artifactUri, sha256 } = candidateOf(run);
  const bytes = await artifacts.get(artifactUri, sha256);
  const description = await describeModel(bytes);
  const layout = planModelLayout(description, definition.features, definition.model.task);
  if (!layout.ok) {
    const { inputs, outputs } = description;
    const values = [...inputs, ...outputs].map(signatureOf).join('; ');
    return refused(`the model does not fit the pipeline: ${layout.problems.join('; ')} (it has ${values})`);
  }
  const { rows } = await readCollected(run, artifacts);
  const trained = rows.slice(0, holdoutFrom(rows.length, trainingSettingsOf(definition).holdout));
  let model: OnnxModel;
  try {
    model = await OnnxModel.load(bytes, layout);
  } catch (error) {
    if (error instanceof ModelRejected) return refused(error.message);
    throw error;
  }
  const reference = await referenceOf(trained, model, definition, artifacts).finally(() => model.release());
  // The calibration stands in the reference.
  const { [MODEL_METADATA.calibration]: calibration, ...metadata } = description.metadata;
  return {
    kind: 'done',
    product: {
      phase: 'registering',
      model: {
        sha256,
        artifactUri,
        sizeBytes: bytes.byteLength,
        features: definition.features.map(({ name }) => name),
        input: layout.input,
        output: layout.output,
        metadata,
        reference: { ...reference, calibration: toCalibration(calibration) },
      },
    },
  };
};

async function referenceOf(
  rows: readonly DatasetRow[],
  model: OnnxModel,
  { features }: Pick<PipelineDefinition, 'features'>,
  artifacts: PhasePorts['artifacts'],
): Promise<Omit<ModelReference, 'calibration'>> {
  const sample = sampleRows<DatasetRow>(MOST_REFERENCE_ROWS);
  for (const row of rows) sample.offer(row);
  const kept = sample.rows();
  const { scores, problems } = await model.score(kept.map((row) => row.features));
  const names = features.map(({ name }) => name);
  const scored = kept.flatMap((row, at) =>
    problems.has(at) ? [] : [{ features: featureRecordOf(names, row.features), score: scores[at]!, label: row.label }],
  );
  const stored = await artifacts.put(await formatReferenceRows(scored));
  return { artifactUri: stored.uri, sha256: stored.sha256, rows: scored.length };
}

/** As the trainer wrote it into the file; null: it wrote none, or not one that can be read. */
function toCalibration(text: string | undefined): ModelReference['calibration'] {
  if (text === undefined) return null;
  try {
    const said = JSON.parse(text) as ModelReference['calibration'];
    return Array.isArray(said?.scores) && Array.isArray(said.probabilities) ? said : null;
  } catch {
    return null;
  }
}
