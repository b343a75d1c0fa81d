import type { ModelTask, PredictionRecord } from '#contracts';
import type { InferRequest } from './infer-request.js';
import type { TensorAnswer } from './tensor.js';

export interface InferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly outputs: readonly TensorAnswer[];
}

/** Outputs of a pipeline's model, in the order of the answer. */
export function outputNamesOf(task: ModelTask): readonly string[] {
  return task === 'multiclass-classification' ? ['score', 'decision', 'class_scores'] : ['score', 'decision'];
}

/** @param predictions one per row of the request */
export function inferResponseOf(
  request: Pick<InferRequest, 'parameters' | 'outputs'>,
  id: string,
  predictions: readonly PredictionRecord[],
  task: ModelTask,
): InferResponse {
  const { model, model_version, class_scores } = predictions[0]!;
  const rows = predictions.length;
  const tensors: Readonly<Record<string, TensorAnswer>> = {
    score: { name: 'score', datatype: 'FP64', shape: [rows], data: predictions.map(({ score }) => score) },
    decision: { name: 'decision', datatype: 'BYTES', shape: [rows], data: predictions.map(({ decision }) => decision) },
    class_scores: {
      name: 'class_scores',
      datatype: 'FP64',
      shape: [rows, class_scores.length],
      data: predictions.flatMap((prediction) => prediction.class_scores),
    },
  };
  return {
    model_name: model,
    model_version,
    id,
    ...(request.parameters === undefined ? {} : { parameters: request.parameters }),
    outputs: (request.outputs ?? outputNamesOf(task)).map((name) => tensors[name]!),
  };
}
