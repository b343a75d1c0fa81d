import { env } from 'onnxruntime-node';

/** What computes the scores: they may differ in their last digits from one version, or one kind of processor, to another. */
export interface ModelRuntime {
  readonly name: string;
  readonly version: string;
  readonly provider: string;
}

export function modelRuntime(): ModelRuntime {
  return { name: 'onnxruntime-node', version: env.versions.node ?? env.versions.common, provider: 'cpu' };
}
