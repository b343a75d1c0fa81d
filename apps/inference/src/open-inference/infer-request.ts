import type { Feature } from '#contracts';
import { elementOf, ProtocolFault, readTensor, type TensorRequest } from './tensor.js';

/** Most rows of one request: they are scored and logged together. */
export const MAX_ROWS = 10_000;

/** Of the whole body; tensors have a few dimensions. What is within it can be flattened, shown and sent back. */
const DEEPEST = 16;

export type FeatureValue = number | string | null;

export interface InferRequest {
  readonly id: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>> | undefined;
  /** In the pipeline's feature order. */
  readonly rows: readonly (readonly FeatureValue[])[];
  /** Names of the outputs that are wanted; undefined: all. */
  readonly outputs: readonly string[] | undefined;
}

/**
 * Reads the body of an `infer` request. Inputs are either one matrix `[rows, features]` in the pipeline's order, under any
 * name, or one tensor `[rows]` or `[rows, 1]` per feature, by the feature's name.
 */
export function readInferRequest(
  body: unknown,
  features: readonly Feature[],
  knownOutputs: readonly string[],
): InferRequest | ProtocolFault {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return new ProtocolFault('the body is not an object with "inputs"');
  }
  if (isDeeperThan(body, DEEPEST)) return new ProtocolFault(`the body is nested deeper than ${DEEPEST} levels`);
  const { id, parameters, inputs, outputs } = body as Readonly<Record<string, unknown>>;
  if (id !== undefined && typeof id !== 'string') return new ProtocolFault('id is not a string');
  if (parameters !== undefined && (typeof parameters !== 'object' || parameters === null)) {
    return new ProtocolFault('parameters is not an object');
  }
  if (!Array.isArray(inputs) || inputs.length === 0) return new ProtocolFault('inputs is not a list of tensors');
  const wanted = readOutputs(outputs, knownOutputs);
  if (wanted instanceof ProtocolFault) return wanted;
  const tensors: TensorRequest[] = [];
  for (const [index, input] of inputs.entries()) {
    const tensor = readTensor(input, index);
    if (tensor instanceof ProtocolFault) return tensor;
    if (tensors.some(({ name }) => name === tensor.name))
      return new ProtocolFault(`input "${tensor.name}" comes twice`);
    tensors.push(tensor);
  }
  const [first] = tensors;
  const isMatrix = tensors.length === 1 && !(features.length === 1 && first!.name === features[0]!.name);
  const rows = isMatrix ? rowsOfMatrix(first!, features) : rowsOfColumns(tensors, features);
  if (rows instanceof ProtocolFault) return rows;
  if (rows.length === 0) return new ProtocolFault('the inputs hold no rows');
  if (rows.length > MAX_ROWS) {
    return new ProtocolFault(`the inputs hold ${rows.length} rows, the limit is ${MAX_ROWS}: send several requests`);
  }
  return { id, parameters: parameters as Readonly<Record<string, unknown>> | undefined, rows, outputs: wanted };
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

function rowsOfMatrix(matrix: TensorRequest, features: readonly Feature[]): FeatureValue[][] | ProtocolFault {
  const columns = features.length;
  const { shape, name, datatype, data } = matrix;
  const wants = `the pipeline takes ${columns} features (${features.map((feature) => feature.name).join(', ')})`;
  if (shape.length !== 2 || shape[1] !== columns) {
    return new ProtocolFault(
      `input "${name}" has the shape [${shape.join(', ')}]; ${wants}: send [rows, ${columns}], or one input per feature`,
    );
  }
  if (features.some(({ type }) => type === 'string')) {
    return new ProtocolFault(`${wants}, some of them strings: send one input per feature`);
  }
  return rowsFrom(shape[0]!, features, (row, column) => elementOf(data[row * columns + column], datatype, features[column]!)); // prettier-ignore
}

function rowsOfColumns(
  tensors: readonly TensorRequest[],
  features: readonly Feature[],
): FeatureValue[][] | ProtocolFault {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const missing = features.filter(({ name }) => !byName.has(name)).map(({ name }) => name);
  const unknown = tensors
    .filter(({ name }) => !features.some((feature) => feature.name === name))
    .map(({ name }) => name);
  if (missing.length > 0 || unknown.length > 0) {
    const parts = [
      ...(missing.length > 0 ? [`missing are the inputs ${missing.join(', ')}`] : []),
      ...(unknown.length > 0 ? [`no feature is called ${unknown.join(', ')}`] : []),
    ];
    return new ProtocolFault(parts.join('; '));
  }
  const columns = features.map(({ name }) => byName.get(name)!);
  const rows = columns[0]!.shape[0]!;
  for (const { name, shape } of columns) {
    if (shape.length > 2 || (shape.length === 2 && shape[1] !== 1)) {
      return new ProtocolFault(`input "${name}" has the shape [${shape.join(', ')}]: send [rows] or [rows, 1]`);
    }
    if (shape[0] !== rows) {
      return new ProtocolFault(`input "${name}" has ${shape[0]} rows, "${columns[0]!.name}" has ${rows}`);
    }
  }
  return rowsFrom(rows, features, (row, column) => elementOf(columns[column]!.data[row], columns[column]!.datatype, features[column]!)); // prettier-ignore
}

function rowsFrom(
  count: number,
  features: readonly Feature[],
  element: (row: number, column: number) => FeatureValue | ProtocolFault,
): FeatureValue[][] | ProtocolFault {
  const rows: FeatureValue[][] = [];
  for (let row = 0; row < count; row++) {
    const values: FeatureValue[] = [];
    for (let column = 0; column < features.length; column++) {
      const value = element(row, column);
      if (value instanceof ProtocolFault) return new ProtocolFault(`row ${row}: ${value.message}`);
      values.push(value);
    }
    rows.push(values);
  }
  return rows;
}

function readOutputs(outputs: unknown, known: readonly string[]): readonly string[] | undefined | ProtocolFault {
  if (outputs === undefined) return undefined;
  if (!Array.isArray(outputs)) return new ProtocolFault('outputs is not a list');
  const names = outputs.map((output) => (output as { name?: unknown } | null)?.name);
  const unknown = names.find((name) => !known.includes(name as string));
  if (unknown !== undefined || names.includes(undefined)) {
    return new ProtocolFault(`there is no output ${JSON.stringify(unknown)}; there are ${known.join(', ')}`);
  }
  return names as string[];
}
