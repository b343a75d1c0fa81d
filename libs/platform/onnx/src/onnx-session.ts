import { InferenceSession } from 'onnxruntime-node';
import type { ModelDescription, ModelValue } from './model-description.js';
import { readModelMetadata } from './read-metadata.js';

/** Thrown when ONNX Runtime cannot use a file: not ONNX, an unknown operator, a failing warm-up. Another file is needed. */
export class ModelRejected extends Error {
  override readonly name = 'ModelRejected';
}

/** One thread: services scale by partitions, and threads that spin for work would take the cores from the event loops. */
const OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 3,
};

/** @throws ModelRejected */
export async function openSession(bytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, OPTIONS);
  } catch (cause) {
    throw new ModelRejected(`ONNX Runtime refuses the file: ${firstLineOf(cause)}`, { cause });
  }
}

export function firstLineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;
}

export function descriptionOf(session: InferenceSession, bytes: Uint8Array): ModelDescription {
  return {
    inputs: session.inputMetadata.map(toValue),
    outputs: session.outputMetadata.map(toValue),
    metadata: readModelMetadata(bytes),
  };
}

function toValue(metadata: InferenceSession.ValueMetadata): ModelValue {
  if (!metadata.isTensor) return { name: metadata.name, kind: 'other' };
  const shape = metadata.shape.map((size) => (typeof size === 'number' ? size : null));
  return { name: metadata.name, kind: 'tensor', type: metadata.type, shape };
}
