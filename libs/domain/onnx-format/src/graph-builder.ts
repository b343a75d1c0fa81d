import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-graph.js';

/** `TensorProto.DataType`, as Cast takes it. */
const CAST_CODE = { float: 1, int64: 7, double: 11 } as const;

/**
 * Nodes and initializers of a graph, in the order in which they are added. Tensors in between are named with a slash, which
 * no feature's name has.
 */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];

  /** Adds a node with one output. @returns the output's name */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    {
      domain,
      output = `/${op}_${this.nodes.length}`,
    }: { readonly domain?: 'ai.onnx.ml'; readonly output?: string } = {},
  ): string {
    this.nodes.push({ op, inputs, outputs: [output], attributes, ...(domain && { domain }) });
    return output;
  }

  cast(input: string, to: keyof typeof CAST_CODE, output?: string): string {
    return this.node(
      'Cast',
      [input],
      { to: { kind: 'int', value: CAST_CODE[to] } },
      output === undefined ? {} : { output },
    );
  }

  /** Constant of float64. @returns its name */
  doubles(dims: readonly number[], values: ArrayLike<number>): string {
    const name = `/constant_${this.initializers.length}`;
    this.initializers.push({ name, type: 'double', dims, values });
    return name;
  }

  integers(dims: readonly number[], values: readonly number[]): string {
    const name = `/constant_${this.initializers.length}`;
    this.initializers.push({ name, type: 'int64', dims, values });
    return name;
  }
}
