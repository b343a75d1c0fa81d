/** The part of the ONNX format (onnx.proto, IR version 8) that Eddyline writes, as plain data. */

export type OnnxElementType = 'float' | 'double' | 'int64' | 'string' | 'bool';

/** `TensorProto.DataType`. */
export const ELEMENT_TYPE_CODE: Readonly<Record<OnnxElementType, number>> = {
  float: 1,
  int64: 7,
  string: 8,
  bool: 9,
  double: 11,
};

export type OnnxTensor = { readonly name: string; readonly dims: readonly number[] } & (
  | { readonly type: 'float' | 'double'; readonly values: ArrayLike<number> }
  | { readonly type: 'int64'; readonly values: ArrayLike<number | bigint> }
  | { readonly type: 'string'; readonly values: readonly string[] }
);

export type OnnxAttribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'floats'; readonly values: ArrayLike<number> }
  | { readonly kind: 'ints'; readonly values: readonly number[] }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor };

export interface OnnxNode {
  readonly op: string;
  /** `ai.onnx.ml` for the classical models' operators; left out: `ai.onnx`. */
  readonly domain?: 'ai.onnx.ml';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output of the graph; a string dimension is symbolic. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxElementType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  /** In an order in which each node's inputs are known. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxModelFile {
  readonly graph: OnnxGraph;
  readonly description?: string;
  /** `metadata_props`. */
  readonly metadata: Readonly<Record<string, string>>;
}
