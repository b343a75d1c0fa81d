import type { Feature, ModelTask } from '#contracts';
import { describeModel, ModelRejected, OnnxModel, planModelLayout } from '#platform/onnx';
import { readFile } from 'node:fs/promises';

export interface TrainerResults {
  readonly onnx: Uint8Array;
  readonly metrics: Readonly<Record<string, number>>;
}

export type ReadResults =
  | { readonly ok: true; readonly results: TrainerResults }
  /** What is wrong with what the trainer has left, and how to mend it. */
  | { readonly ok: false; readonly message: string };

/** Reads what a trainer has left, and checks that the model fits the pipeline and runs. */
export async function readResults(
  files: { readonly model: string; readonly metrics: string },
  features: readonly Feature[],
  task: ModelTask,
): Promise<ReadResults> {
  const onnx = await readFile(files.model).catch(noFile);
  if (onnx === null) {
    return refused(
      `it ended well but wrote no model: the file that spec.json names under files.model (${files.model}) is not there`,
    );
  }
  const metrics = metricsIn(await readFile(files.metrics, 'utf8').catch(noFile));
  if (metrics === null) {
    return refused(
      `${files.metrics} is not what it should be: a JSON object of numbers by name, like {"folds.log_loss": 0.41}; {} where it measures nothing`,
    );
  }
  try {
    const layout = planModelLayout(await describeModel(onnx), features, task);
    if (!layout.ok) {
      return refused(
        `its model does not fit the pipeline:\n${layout.problems.map((problem) => `  ✗ ${problem}`).join('\n')}`,
      );
    }
    await (await OnnxModel.load(onnx, layout)).release();
  } catch (error) {
    if (!(error instanceof ModelRejected)) throw error;
    return refused(`its ${files.model} is no model that can be used: ${error.message}`);
  }
  return { ok: true, results: { onnx, metrics } };
}

function refused(message: string): ReadResults {
  return { ok: false, message };
}

function noFile(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function metricsIn(text: string | null): Readonly<Record<string, number>> | null {
  if (text === null) return null;
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said !== 'object' || said === null || Array.isArray(said)) return null;
    return Object.values(said).every((value) => typeof value === 'number') ? (said as Record<string, number>) : null;
  } catch {
    return null;
  }
}
