import { Tensor } from 'onnxruntime-node';
import type { TensorType } from '#contracts';

type NumericArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** The values of one input for a batch of rows, in the type that the model wants. */
export interface TensorColumn {
  /** Null when written; else why this value does not fit, as the end of a sentence. The place is then left at zero. */
  write(index: number, value: number | string | null): string | null;
  toTensor(dims: readonly number[]): Tensor;
}

export function createColumn(type: TensorType, length: number): TensorColumn {
  if (type === 'string') return new StringColumn(length);
  return new NumericColumn(type, arrayOf(type, length));
}

function arrayOf(type: Exclude<TensorType, 'string'>, length: number): NumericArray {
  switch (type) {
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'bool':
      return new Uint8Array(length);
  }
}

class NumericColumn implements TensorColumn {
  constructor(
    private readonly type: Exclude<TensorType, 'string'>,
    private readonly values: NumericArray,
  ) {}

  write(index: number, value: number | string | null): string | null {
    if (typeof value === 'string') return `is the string "${value}", the model takes ${this.type}`;
    if (this.type === 'float32' || this.type === 'float64') {
      this.values[index] = value ?? NaN;
      return null;
    }
    if (value === null) return `is missing, and ${this.type} has no missing value: impute it`;
    if (!Number.isSafeInteger(value)) return `is ${value}, the model takes ${this.type}`;
    if (this.type === 'int32' && value !== (value | 0)) return `is ${value}, beyond int32`;
    if (this.type === 'bool' && value !== 0 && value !== 1) return `is ${value}, the model takes 0 or 1`;
    this.values[index] = this.type === 'int64' ? BigInt(value) : value;
    return null;
  }

  toTensor(dims: readonly number[]): Tensor {
    return new Tensor(this.type, this.values as Tensor.DataType, dims);
  }
}

/** Missing strings are empty strings: ONNX has no null, and encoders treat both as an unknown category. */
class StringColumn implements TensorColumn {
  private readonly values: string[];

  constructor(length: number) {
    this.values = new Array<string>(length).fill('');
  }

  write(index: number, value: number | string | null): string | null {
    if (typeof value === 'number') return `is the number ${value}, the model takes a string`;
    this.values[index] = value ?? '';
    return null;
  }

  toTensor(dims: readonly number[]): Tensor {
    return new Tensor('string', this.values, dims);
  }
}
