import type { TrainedModel } from '#domain/trained-model';
import { encodeModel } from './encode-model.js';
import { GraphBuilder } from './graph-builder.js';
import { addInputs } from './input-nodes.js';
import { addModel } from './model-nodes.js';
import { addOutputs } from './output-nodes.js';

/**
 * A trained model as an ONNX file: encoding, model, link and calibration are inside the graph; the same model gives the same
 * bytes. Inputs and outputs: see `addInputs` and `addOutputs`.
 *
 * @param metadata `metadata_props`, by the keys of MODEL_METADATA
 */
export function toOnnx(model: TrainedModel, metadata: Readonly<Record<string, string>>): Uint8Array {
  const graph = new GraphBuilder();
  const { encoded, values } = addInputs(graph, model.inputs);
  const raw = addModel(graph, model.model, model.outputs, encoded);
  const outputs = addOutputs(graph, model, raw, new Set(values.map(({ name }) => name)));
  const { nodes, initializers } = graph;
  return encodeModel({
    metadata,
    graph: { name: model.model.kind, nodes, initializers, inputs: values, outputs },
  });
}
