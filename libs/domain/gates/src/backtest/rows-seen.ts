import { scoresOfRows } from '../compare-models.js';
import type { GateScores } from '../scorer.js';
import type { LoggedRow } from './logged-row.js';

/** What is kept of replayed rows: numbers only, however wide the rows are. */
export class RowsSeen {
  rows = 0;
  fromMs = NaN;
  toMs = NaN;
  private readonly labels: number[] = [];
  private readonly thresholds: number[] = [];
  private readonly served: number[] = [];
  private readonly servedClasses: number[] = [];
  private readonly scores: number[] = [];
  private readonly classScores: number[] = [];
  private readonly problems = new Map<number, string>();
  /** Per column, the index of each row's value. */
  private readonly sliceIndexes: number[][];
  private readonly sliceValues: Map<string, number>[];

  constructor(readonly sliceColumns: readonly string[]) {
    this.sliceIndexes = sliceColumns.map(() => []);
    this.sliceValues = sliceColumns.map(() => new Map<string, number>());
  }

  add(batch: readonly LoggedRow[], candidate: GateScores | null): void {
    const classes =
      candidate === null || candidate.classScores === null ? 0 : candidate.classScores.length / batch.length;
    for (const [at, row] of batch.entries()) {
      if (this.rows === 0) this.fromMs = row.time;
      this.toMs = row.time;
      this.labels.push(row.label ?? NaN);
      this.thresholds.push(row.threshold);
      this.served.push(row.score);
      for (const score of row.classScores) this.servedClasses.push(score);
      for (const [column, values] of this.sliceValues.entries()) {
        const value = row.slices[column]!;
        const index = values.get(value) ?? values.size;
        values.set(value, index);
        this.sliceIndexes[column]!.push(index);
      }
      if (candidate !== null) {
        this.scores.push(candidate.scores[at]!);
        for (let k = 0; k < classes; k++) this.classScores.push(candidate.classScores![at * classes + k]!);
        const problem = candidate.problems.get(at);
        if (problem !== undefined) this.problems.set(this.rows, problem);
      }
      this.rows++;
    }
  }

  servedScores(): GateScores {
    // Rows of another task, from before the pipeline was changed, have other classes: then there are no scores by class.
    const isWhole = this.servedClasses.length > 0 && this.servedClasses.length % this.rows === 0;
    return {
      scores: Float64Array.from(this.served),
      classScores: isWhole ? Float64Array.from(this.servedClasses) : null,
      problems: new Map(),
    };
  }

  candidateScores(): GateScores {
    return {
      scores: Float64Array.from(this.scores),
      classScores: this.classScores.length > 0 ? Float64Array.from(this.classScores) : null,
      problems: this.problems,
    };
  }

  labelled(): readonly number[] {
    return Array.from({ length: this.rows }, (_, row) => row).filter((row) => Number.isFinite(this.labels[row]));
  }

  label(row: number): number {
    return this.labels[row]!;
  }

  threshold(row: number): number {
    return this.thresholds[row]!;
  }

  /** The value of a column that a row has, by its index in `valuesOf`. */
  sliceOf(column: number, row: number): number {
    return this.sliceIndexes[column]![row]!;
  }

  valuesOf(column: number): readonly string[] {
    return [...this.sliceValues[column]!.keys()];
  }

  only(scores: GateScores, rows: readonly number[]): GateScores {
    return scoresOfRows(scores, rows);
  }
}
