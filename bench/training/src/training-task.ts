import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SyntheticData } from './synthetic-data.js';

/** What a child process is told, as JSON in its only argument, whatever language it is written in. */
export interface TrainingTask {
  /** With the rows in it: `<part>.columns` (float32, column by column) and `<part>.labels` (float64). */
  readonly folder: string;
  /** Boosted trees, or logistic regression. */
  readonly model: 'trees' | 'linear';
  readonly rows: number;
  readonly testRows: number;
  readonly columns: number;
  readonly trees: number;
  readonly leaves: number;
  readonly learningRate: number;
  readonly minRowsPerLeaf: number;
  /** L2 penalty: of leaf values, of standardised weights. */
  readonly lambda: number;
  /** Null: the trainer's own default. */
  readonly bins: number | null;
}

/** What it answers on its standard output. Times are of binning and training, not of starting or reading. */
export interface TrainingAnswer {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Of the test rows. */
  readonly scores: readonly number[];
}

type Part = 'training' | 'test';

export function writePart(folder: string, part: Part, { columns, labels }: SyntheticData): void {
  writeFileSync(join(folder, `${part}.columns`), Buffer.concat(columns.map(({ buffer }) => Buffer.from(buffer))));
  writeFileSync(join(folder, `${part}.labels`), Buffer.from(labels.buffer));
}

export function readPart({ folder, columns }: TrainingTask, part: Part, rows: number): SyntheticData {
  const values = readFileSync(join(folder, `${part}.columns`));
  const labels = readFileSync(join(folder, `${part}.labels`));
  return {
    columns: Array.from(
      { length: columns },
      (_, column) =>
        new Float32Array(
          values.buffer.slice(values.byteOffset + 4 * rows * column, values.byteOffset + 4 * rows * (column + 1)),
        ),
    ),
    labels: new Float64Array(labels.buffer.slice(labels.byteOffset, labels.byteOffset + 8 * rows)),
  };
}
