import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { isTensorType, type ModelDescription, type ModelValue } from './model-description.js';
import { descriptionOf, openSession } from './onnx-session.js';
import { createColumn } from './tensor-columns.js';

const PROBE_ROWS = 2;

/**
 * What a model takes and gives, by ONNX Runtime's reading of the file. Exporters often leave the width of an output
 * open; it is then found by running the model on two rows of zeros. @throws ModelRejected
 */
export async function describeModel(bytes: Uint8Array): Promise<ModelDescription> {
  const session = await openSession(bytes);
  try {
    const description = descriptionOf(session, bytes);
    if (!description.outputs.some(hasOpenWidth)) return description;
    const probed = await probeShapes(session, description);
    return { ...description, outputs: description.outputs.map((output) => probed.get(output.name) ?? output) };
  } finally {
    await session.release();
  }
}

function hasOpenWidth(output: ModelValue): boolean {
  return output.kind === 'tensor' && (output.shape.length === 0 || output.shape.slice(1).includes(null));
}

/** Outputs with their shapes as seen; empty when the model cannot be run on zeros. */
async function probeShapes(
  session: InferenceSession,
  { inputs, outputs }: ModelDescription,
): Promise<ReadonlyMap<string, ModelValue>> {
  const shapes = new Map<string, ModelValue>();
  const feeds: Record<string, Tensor> = {};
  for (const input of inputs) {
    if (input.kind !== 'tensor' || !isTensorType(input.type)) return shapes;
    const dims = input.shape.map((size, axis) => size ?? (axis === 0 ? PROBE_ROWS : 1));
    feeds[input.name] = createColumn(
      input.type,
      dims.reduce((product, size) => product * size, 1),
    ).toTensor(dims);
  }
  const tensors = outputs.filter((output) => output.kind === 'tensor');
  try {
    const results = await session.run(
      feeds,
      tensors.map(({ name }) => name),
    );
    for (const output of tensors) {
      const dims = results[output.name]!.dims;
      const shape = dims.map((size, axis) => (axis === 0 && size === PROBE_ROWS ? null : size));
      shapes.set(output.name, { ...output, shape });
    }
  } catch {
    // Zeros may be refused by a model that is fine otherwise: the plan then says what is not known about its outputs.
  }
  return shapes;
}
