import { columnNames, type InputEncoding } from '#domain/trained-model';
import type { GraphBuilder } from './graph-builder.js';
import type { OnnxValue } from './onnx-graph.js';

/**
 * From the graph's inputs to the encoded columns, float32 `[rows, columns]`. All features numbers: one matrix `features`
 * `[rows, features]`; else one tensor `[rows, 1]` per feature, of its name.
 *
 * @returns the name of the encoded tensor
 */
export function addInputs(
  graph: GraphBuilder,
  inputs: readonly InputEncoding[],
): { readonly encoded: string; readonly values: readonly OnnxValue[] } {
  if (inputs.every(({ kind }) => kind === 'number')) {
    return { encoded: 'features', values: [{ name: 'features', type: 'float', shape: ['rows', inputs.length] }] };
  }
  const parts = inputs.flatMap((input) => encodedPart(graph, input));
  if (columnNames(inputs).length === 0) throw new RangeError('a model needs one encoded column at least');
  return {
    encoded: parts.length === 1 ? parts[0]! : graph.node('Concat', parts, { axis: { kind: 'int', value: 1 } }),
    values: inputs.map(({ name, kind }) => ({
      name,
      type: kind === 'number' ? 'float' : 'string',
      shape: ['rows', 1],
    })),
  };
}

/** Of one feature; none where it has no levels. */
function encodedPart(graph: GraphBuilder, input: InputEncoding): readonly string[] {
  switch (input.kind) {
    case 'number':
      return [input.name];
    case 'ordinal': {
      // The empty string stands for missing, and is no level: an encoder without keys would not load.
      const known = input.levels.length > 0 ? input : { levels: [''], values: [NaN] };
      const attributes = {
        keys_strings: { kind: 'strings', values: known.levels },
        values_floats: { kind: 'floats', values: known.values },
        default_float: { kind: 'float', value: NaN },
      } as const;
      return [graph.node('LabelEncoder', [input.name], attributes, { domain: 'ai.onnx.ml' })];
    }
    case 'one_hot': {
      if (input.levels.length === 0) return [];
      const attributes = {
        cats_strings: { kind: 'strings', values: input.levels },
        zeros: { kind: 'int', value: 1 },
      } as const;
      const levels = graph.node('OneHotEncoder', [input.name], attributes, { domain: 'ai.onnx.ml' });
      return [graph.node('Flatten', [levels], { axis: { kind: 'int', value: 1 } })];
    }
  }
}
