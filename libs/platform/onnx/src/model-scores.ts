import type { ModelOutputLayout } from '#contracts';

/** What a model said about a batch of rows. */
export interface ModelScores {
  /** One per row; NaN for rows with a problem. Multiclass: the largest class score. */
  readonly scores: Float64Array;
  /** Multiclass: `classes` per row, row by row; else null. */
  readonly classScores: Float64Array | null;
  /** Why a row has no score, by its index. */
  readonly problems: ReadonlyMap<number, string>;
}

/** Collects the scores of a batch, chunk by chunk. */
export class ScoreCollector implements ModelScores {
  readonly scores: Float64Array;
  readonly classScores: Float64Array | null;
  readonly problems = new Map<number, string>();

  constructor(
    private readonly layout: ModelOutputLayout,
    rows: number,
  ) {
    this.scores = new Float64Array(rows);
    this.classScores = layout.scoreColumn === null ? new Float64Array(rows * layout.width) : null;
  }

  refuse(row: number, problem: string): void {
    this.scores[row] = NaN;
    this.problems.set(row, problem);
  }

  /** Takes over the output of `count` rows that begin at `first`. Rows that are refused already stay so. */
  collect(first: number, count: number, output: ArrayLike<number> | undefined): void {
    const { width, scoreColumn } = this.layout;
    for (let i = 0; i < count; i++) {
      const row = first + i;
      if (this.problems.has(row)) continue;
      if (output === undefined || output.length !== count * width) {
        this.refuse(row, `the model returned no usable ${this.layout.output} (expected ${width} numbers per row)`);
        continue;
      }
      const score = scoreColumn === null ? this.copyClasses(row, i, output) : output[i * width + scoreColumn]!;
      if (Number.isFinite(score)) this.scores[row] = score;
      else this.refuse(row, `the model's ${this.layout.output} is ${score}`);
    }
  }

  /** The largest class score; NaN when one of them is not finite. */
  private copyClasses(row: number, index: number, output: ArrayLike<number>): number {
    const { width } = this.layout;
    let largest = -Infinity;
    for (let k = 0; k < width; k++) {
      const score = output[index * width + k]!;
      this.classScores![row * width + k] = score;
      if (!Number.isFinite(score)) largest = NaN;
      else if (score > largest) largest = score;
    }
    return largest;
  }
}
