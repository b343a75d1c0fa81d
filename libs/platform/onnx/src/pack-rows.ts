import { Tensor } from 'onnxruntime-node';
import type { ModelInputLayout } from '#contracts';
import { createColumn } from './tensor-columns.js';

/** A row of served features in the pipeline's order; null: missing. */
export type FeatureRow = readonly (number | string | null)[];

export interface PackedRows {
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Why rows could not be packed, by index; their places hold zeros. */
  readonly problems: ReadonlyMap<number, string>;
}

const NONE: ReadonlyMap<number, string> = new Map();

/** Lays rows out as the model's inputs want them. */
export function packRows(layout: ModelInputLayout, rows: readonly FeatureRow[]): PackedRows {
  return layout.kind === 'matrix' ? packMatrix(layout, rows) : packColumns(layout, rows);
}

function packMatrix(layout: Extract<ModelInputLayout, { kind: 'matrix' }>, rows: readonly FeatureRow[]): PackedRows {
  const { columns } = layout;
  const matrix =
    layout.type === 'float64' ? new Float64Array(rows.length * columns) : new Float32Array(rows.length * columns);
  let problems: Map<number, string> | undefined;
  for (let row = 0; row < rows.length; row++) {
    const values = rows[row]!;
    const start = row * columns;
    for (let column = 0; column < columns; column++) {
      const value = values[column];
      if (typeof value === 'number') matrix[start + column] = value;
      else if (value === null) matrix[start + column] = NaN;
      else
        (problems ??= new Map()).set(
          row,
          `column ${column} of ${layout.input} is ${textOf(value)}, the model takes numbers`,
        );
    }
  }
  const dims = [rows.length, columns];
  const tensor =
    matrix instanceof Float64Array ? new Tensor('float64', matrix, dims) : new Tensor('float32', matrix, dims);
  return { feeds: { [layout.input]: tensor }, problems: problems ?? NONE };
}

function packColumns(layout: Extract<ModelInputLayout, { kind: 'columns' }>, rows: readonly FeatureRow[]): PackedRows {
  const problems = new Map<number, string>();
  const feeds: Record<string, Tensor> = {};
  for (const [index, input] of layout.inputs.entries()) {
    const column = createColumn(input.type, rows.length);
    for (let row = 0; row < rows.length; row++) {
      const problem = column.write(row, rows[row]![index] ?? null);
      if (problem !== null && !problems.has(row)) problems.set(row, `${input.name} ${problem}`);
    }
    feeds[input.name] = column.toTensor(input.rank === 1 ? [rows.length] : [rows.length, 1]);
  }
  return { feeds, problems };
}

function textOf(value: string | undefined): string {
  return value === undefined ? 'not given' : `the string "${value}"`;
}
