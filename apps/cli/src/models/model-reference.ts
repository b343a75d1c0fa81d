import { createReadStream } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { MODEL_METADATA, type ModelReference, type PipelineDefinition } from '#contracts';
import { featureRecordOf } from '#domain/features';
import { fitCalibration, sampleRows } from '#domain/learn';
import { formatReferenceRows, parseReferenceRows, ReferenceUnreadable } from '#platform/artifacts';
import type { ModelScores, OnnxModel } from '#platform/onnx';
import { openEventSource } from '../publish/event-source.js';
import { CliFailure, messageOf } from '../terminal/failure.js';
import { readLabelledRows, type LabelledRow } from './labelled-rows.js';

type Calibration = ModelReference['calibration'];

/** What a model knew, before it is stored. */
export interface PreparedReference {
  /** As the artifact holds them. */
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly calibration: Calibration;
  /** What was left out, for a person. */
  readonly remarks: readonly string[];
}

/** More rows tell drift no better; of more, a sample is kept. */
export const MOST_REFERENCE_ROWS = 20_000;

/** Where `eddyline train` writes the rows that a model was trained on, and `models register` looks for them. */
export function referencePathOf(model: string): string {
  return `${model.replace(/\.onnx$/, '')}.reference.ndjson.gz`;
}

/** Undefined where a model has no reference beside it. */
export async function referenceBeside(model: string): Promise<string | undefined> {
  const path = referencePathOf(model);
  return access(path).then(
    () => path,
    () => undefined,
  );
}

/** Rows with the model's own scores; a sample where there are many. The same rows give the same bytes. */
export async function referenceOfRows(
  rows: readonly LabelledRow[],
  model: OnnxModel,
  { features, model: { task } }: Pick<PipelineDefinition, 'features' | 'model'>,
): Promise<PreparedReference> {
  const sample = sampleRows<LabelledRow>(MOST_REFERENCE_ROWS);
  for (const row of rows) sample.offer(row);
  const kept = sample.rows();
  const scores = await model.score(kept.map((row) => row.features));
  const names = features.map(({ name }) => name);
  const scored = kept.flatMap((row, at) =>
    scores.problems.has(at)
      ? []
      : [{ features: featureRecordOf(names, row.features), score: scores.scores[at]!, label: row.label }],
  );
  if (scored.length === 0) {
    throw new CliFailure(`the model gives none of the ${kept.length} rows a score${firstOf(scores)}`);
  }
  const left = kept.length - scored.length;
  return {
    bytes: await formatReferenceRows(scored),
    rows: scored.length,
    calibration: calibrationOf(task, kept, scores),
    remarks: left === 0 ? [] : [`left out ${left} rows that the model gives no score${firstOf(scores)}`],
  };
}

function firstOf({ problems }: ModelScores): string {
  const first = [...problems.values()][0];
  return first === undefined ? '' : `: ${first}`;
}

/** Binary: of being positive. Multiclass: of the largest class being right. Nothing says how sure a regression is. */
function calibrationOf(
  task: PipelineDefinition['model']['task'],
  rows: readonly LabelledRow[],
  { scores, classScores, problems }: ModelScores,
): Calibration {
  if (task === 'regression') return null;
  const width = classScores === null ? 0 : classScores.length / Math.max(1, rows.length);
  const known = rows.flatMap(({ label }, at) => (label === null || problems.has(at) ? [] : [{ label, at }]));
  return fitCalibration(
    known.map(({ at }) => scores[at]!),
    known.map(({ label, at }) => {
      if (classScores === null) return label;
      return Number(classScores[at * width + label] === scores[at]);
    }),
  );
}

/**
 * A reference for `models register`: what `eddyline train` wrote, or events that the model is given to score.
 *
 * @param metadata of the model; a calibration in it, fitted on held-out rows, is better than one of these rows
 * @throws CliFailure where it is neither, or another model's
 */
export async function readReference(
  path: string,
  labelColumn: string | null,
  model: OnnxModel,
  metadata: Readonly<Record<string, string>>,
  definition: PipelineDefinition,
): Promise<PreparedReference> {
  const prepared = (await isReferenceFile(path))
    ? await ofReferenceFile(path, model, definition)
    : await ofEvents(path, labelColumn, model, definition);
  return { ...prepared, calibration: calibrationIn(metadata) ?? prepared.calibration };
}

async function ofEvents(
  path: string,
  labelColumn: string | null,
  model: OnnxModel,
  definition: PipelineDefinition,
): Promise<PreparedReference> {
  const source = await openEventSource(path);
  const sample = sampleRows<LabelledRow>(MOST_REFERENCE_ROWS);
  const selection = { labelColumn, labelled: false, most: Infinity };
  const { skipped, problems } = await readLabelledRows(source, definition, selection, sample.offer).finally(
    source.close,
  );
  const rows = sample.rows();
  if (rows.length === 0) {
    throw new CliFailure(
      `${path} has no rows that are events of ${definition.name}${problems[0] ? `: ${problems[0]}` : ''}`,
    );
  }
  const prepared = await referenceOfRows(rows, model, definition);
  const left = skipped === 0 ? [] : [`left out ${skipped} rows of ${path}, first ${problems[0]}`];
  return { ...prepared, remarks: [...left, ...prepared.remarks] };
}

/** The model must give the rows the scores that stand there: a file may have stayed beside another model. */
async function ofReferenceFile(
  path: string,
  model: OnnxModel,
  { features, name, model: { task } }: PipelineDefinition,
): Promise<PreparedReference> {
  const bytes = await readFile(path);
  const rows = await parseReferenceRows(bytes).catch((error: unknown) => {
    if (!(error instanceof ReferenceUnreadable)) throw error;
    throw new CliFailure(`${path} is no reference: ${error.message}`, 1, { cause: error });
  });
  if (rows.length === 0) throw new CliFailure(`${path} has no rows`);
  const names = features.map((feature) => feature.name);
  const other = rows.find((row) => Object.keys(row.features).toSorted().join() !== names.toSorted().join());
  if (other) {
    throw new CliFailure(
      `${path} has the features ${Object.keys(other.features).join(', ')}; the pipeline ${name} gives ${names.join(', ')}`,
    );
  }
  const labelled = rows.map((row) => ({
    ...row,
    id: '',
    features: names.map((one) => row.features[one]!),
    timeMs: NaN,
  }));
  const scores = await model.score(labelled.map((row) => row.features));
  const wrong = rows.findIndex(({ score }, at) => !isSameScore(score, scores.scores[at]!));
  if (wrong >= 0) {
    throw new CliFailure(
      `${path} was made by another model: line ${wrong + 1} has the score ${rows[wrong]!.score}, this model gives ` +
        `${scores.scores[wrong]}; train the model again, give --reference <its rows>, or --no-reference`,
    );
  }
  return { bytes, rows: rows.length, calibration: calibrationOf(task, labelled, scores), remarks: [] };
}

/** What a model gives a row may differ in the last digits of a float32 by the rows that it is scored with. */
function isSameScore(stored: number, given: number): boolean {
  return Math.abs(stored - given) <= 1e-5 * Math.max(1, Math.abs(stored));
}

/** Null where a model's metadata has none that can be used. */
function calibrationIn(metadata: Readonly<Record<string, string>>): Calibration {
  const text = metadata[MODEL_METADATA.calibration];
  if (text === undefined) return null;
  try {
    const { scores, probabilities } = JSON.parse(text) as NonNullable<Calibration>;
    const isUsable =
      scores.length > 0 &&
      scores.length === probabilities.length &&
      scores.every((score, at) => Number.isFinite(score) && (at === 0 || score > scores[at - 1]!)) &&
      probabilities.every((p, at) => p >= 0 && p <= 1 && (at === 0 || p >= probabilities[at - 1]!));
    return isUsable ? { scores, probabilities } : null;
  } catch {
    return null;
  }
}

const FIRST_LINE = '{"features":';

/** Told by how it begins, packed as it must be. */
async function isReferenceFile(path: string): Promise<boolean> {
  const file = createReadStream(path);
  const plain = file.pipe(createGunzip());
  file.once('error', (error) => plain.destroy(error));
  try {
    for await (const chunk of plain) return (chunk as Buffer).toString('latin1').startsWith(FIRST_LINE);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) return false;
    throw new CliFailure(`cannot read the reference ${path}: ${messageOf(error)}`, 1, { cause: error });
  } finally {
    file.destroy();
  }
}
