import type { TensorType } from '#contracts';

/** An input or output of a model. */
export type ModelValue =
  | {
      readonly name: string;
      readonly kind: 'tensor';
      /** ONNX Runtime's name, e.g. `float32`; one of TensorType where Eddyline can fill or read it. */
      readonly type: string;
      /** Null: dynamic. An empty shape is a scalar, or unknown to the exporter. */
      readonly shape: readonly (number | null)[];
    }
  /** Sequences and maps (ZipMap). */
  | { readonly name: string; readonly kind: 'other' };

export interface ModelDescription {
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  /** `metadata_props` of the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

const TENSOR_TYPES: ReadonlySet<string> = new Set([
  'float32',
  'float64',
  'int32',
  'int64',
  'string',
  'bool',
] satisfies TensorType[]);

export function isTensorType(type: string): type is TensorType {
  return TENSOR_TYPES.has(type);
}

/** `input float32 [rows, 7]`: a value as a person would write it. */
export function signatureOf(value: ModelValue): string {
  if (value.kind === 'other') return `${value.name} (a sequence or map)`;
  return `${value.name} ${value.type} [${value.shape.map((size, axis) => size ?? (axis === 0 ? 'rows' : '?')).join(', ')}]`;
}
