import type { Feature } from '#contracts';

/** Tensor data types of the Open Inference Protocol that a feature can come in. */
const NUMERIC = ['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP32', 'FP64'] as const; // prettier-ignore
const DATATYPES: ReadonlySet<string> = new Set([...NUMERIC, 'BYTES']);

export interface TensorRequest {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Flattened, in row-major order. */
  readonly data: readonly unknown[];
}

export interface TensorAnswer {
  readonly name: string;
  readonly datatype: 'FP64' | 'BYTES';
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** A request that does not hold to the protocol; the message is one sentence for the caller. */
export class ProtocolFault {
  constructor(readonly message: string) {}
}

/** Reads one entry of `inputs`. Data may be flat or nested, as the protocol allows. */
export function readTensor(value: unknown, index: number): TensorRequest | ProtocolFault {
  const where = `inputs[${index}]`;
  if (typeof value !== 'object' || value === null) return new ProtocolFault(`${where} is not an object`);
  const { name, datatype, shape, data, parameters } = value as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string') return new ProtocolFault(`${where} has no name`);
  if ((parameters as { binary_data_size?: unknown } | undefined)?.binary_data_size !== undefined) {
    return new ProtocolFault(`input "${name}" comes as binary data, which is not supported: send data as JSON`);
  }
  if (typeof datatype !== 'string' || !DATATYPES.has(datatype)) {
    return new ProtocolFault(
      `input "${name}" has the datatype ${JSON.stringify(datatype)}; known are ${[...DATATYPES].join(', ')}`,
    );
  }
  if (!Array.isArray(shape) || shape.length === 0 || !shape.every((size) => Number.isInteger(size) && size >= 0)) {
    return new ProtocolFault(`input "${name}" has no shape, a list of whole numbers such as [1, 7]`);
  }
  if (!Array.isArray(data)) return new ProtocolFault(`input "${name}" has no data, a list of values`);
  const flat = data.some(Array.isArray) ? (data as unknown[]).flat(Infinity) : (data as unknown[]);
  const size = (shape as number[]).reduce((product, dimension) => product * dimension, 1);
  if (flat.length !== size) {
    return new ProtocolFault(`input "${name}" has ${flat.length} values, its shape [${shape.join(', ')}] says ${size}`);
  }
  return { name, datatype, shape: shape as number[], data: flat };
}

/** One element as a served feature; null stands for a missing value. */
export function elementOf(
  value: unknown,
  datatype: string,
  feature: Pick<Feature, 'name' | 'type'>,
): number | string | null | ProtocolFault {
  if (value === null) return null;
  if (feature.type === 'string') {
    if (datatype === 'BYTES' && typeof value === 'string') return value;
    return new ProtocolFault(`feature ${feature.name} is a string: send it as BYTES, not ${datatype}`);
  }
  if (datatype === 'BYTES') {
    return new ProtocolFault(`feature ${feature.name} is a number: send it as FP64, not BYTES`);
  }
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return new ProtocolFault(`feature ${feature.name} is ${JSON.stringify(value)}, expected a finite number or null`);
  }
  if (datatype.includes('INT') && !Number.isInteger(value)) {
    return new ProtocolFault(`feature ${feature.name} is ${value}, which is not ${datatype}`);
  }
  return value;
}
