import type { ModelOutputLayout, ModelTask } from '#contracts';
import { signatureOf, type ModelValue } from './model-description.js';

type Tensor = Extract<ModelValue, { kind: 'tensor' }>;
export type OutputPlan =
  | { readonly ok: true; readonly value: ModelOutputLayout }
  | { readonly ok: false; readonly problems: readonly string[] };

const EXPECTED: Readonly<Record<ModelTask, string>> = {
  'binary-classification': 'float probabilities [rows, 2], or the positive class alone as [rows, 1] or [rows]',
  'multiclass-classification': 'float probabilities [rows, classes]',
  regression: 'a float value per row, [rows, 1] or [rows]',
};

/** Finds the output that holds the score: by what it is called where several could, else the only float one. */
export function planOutput(outputs: readonly ModelValue[], task: ModelTask): OutputPlan {
  const candidates = outputs
    .filter((output): output is Tensor => output.kind === 'tensor' && /^float(32|64)$/.test(output.type))
    .flatMap((output) => {
      const width = widthOf(output);
      const scoreColumn = scoreColumnOf(width, task);
      return scoreColumn === undefined || width === null ? [] : [{ output, width, scoreColumn }];
    })
    .sort((a, b) => preference(a.output.name) - preference(b.output.name));
  const [best, second] = candidates;
  if (best === undefined) return { ok: false, problems: [refusal(outputs, task)] };
  if (second !== undefined && preference(best.output.name) === preference(second.output.name)) {
    const names = candidates.map(({ output }) => signatureOf(output)).join(' and ');
    const cure = 'call the right one "probabilities" or leave the others out of the export';
    return { ok: false, problems: [`the model gives ${names}; which one is the score is not clear: ${cure}`] };
  }
  const { output, width, scoreColumn } = best;
  return { ok: true, value: { output: output.name, width, scoreColumn } };
}

/** Columns of `[rows]` and `[rows, n]`; null: another rank, or unknown. */
function widthOf({ shape }: Tensor): number | null {
  if (shape.length === 1) return 1;
  return shape.length === 2 ? (shape[1] ?? null) : null;
}

/** Undefined: an output of this width cannot be the score of the task. */
function scoreColumnOf(width: number | null, task: ModelTask): number | null | undefined {
  switch (task) {
    case 'binary-classification':
      return width === 2 ? 1 : width === 1 ? 0 : undefined;
    case 'multiclass-classification':
      return width !== null && width >= 2 ? null : undefined;
    case 'regression':
      return width === 1 ? 0 : undefined;
  }
}

/** Lower is better: what skl2onnx, onnxmltools, tf2onnx and people call it. */
function preference(name: string): number {
  if (/prob/i.test(name)) return 0;
  if (/score/i.test(name)) return 1;
  return /^(variable|output|prediction|value|y)/i.test(name) ? 2 : 3;
}

function refusal(outputs: readonly ModelValue[], task: ModelTask): string {
  const gives = `the model gives ${outputs.map(signatureOf).join(', ') || 'nothing'}`;
  const wants = `the pipeline (${task}) wants ${EXPECTED[task]}`;
  const zipMap = outputs.some(({ kind }) => kind === 'other');
  const cure = zipMap ? ': export the probabilities as a tensor (skl2onnx and onnxmltools: zipmap=False)' : '';
  return `${gives}; ${wants}${cure}`;
}
