import type { PipelineDefinition } from '#contracts';

interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: 'onnx_onnxruntime';
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** What the protocol says of a pipeline's model: one input per feature; numbers also come as one matrix. */
export function modelMetadataOf(
  { name, features, model }: Pick<PipelineDefinition, 'name' | 'features' | 'model'>,
  version: { readonly version: string; readonly classes: number },
): ModelMetadata {
  const multiclass = model.task === 'multiclass-classification';
  return {
    name,
    versions: [version.version],
    platform: 'onnx_onnxruntime',
    inputs: features.map((feature) => ({
      name: feature.name,
      datatype: feature.type === 'string' ? 'BYTES' : 'FP64',
      shape: [-1],
    })),
    outputs: [
      { name: 'score', datatype: 'FP64', shape: [-1] },
      { name: 'decision', datatype: 'BYTES', shape: [-1] },
      ...(multiclass ? [{ name: 'class_scores', datatype: 'FP64', shape: [-1, version.classes] }] : []),
    ],
  };
}
