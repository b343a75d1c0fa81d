import { Tensor, type InferenceSession } from 'onnxruntime-node';
import type { ModelInputLayout, ModelOutputLayout } from '#contracts';
import { ScoreCollector, type ModelScores } from './model-scores.js';
import { firstLineOf, ModelRejected, openSession } from './onnx-session.js';
import { packRows, type FeatureRow } from './pack-rows.js';

/** Most rows of one run: bounds the memory of a run and the time for which it keeps the event loop. */
const CHUNK_ROWS = 1024;

/** How a model is fed and read; a ModelVersion has both. */
export interface ModelLayouts {
  readonly input: ModelInputLayout;
  readonly output: ModelOutputLayout;
}

/** A model in memory, ready to score. Holds native memory: `release` it. */
export class OnnxModel {
  private constructor(
    private readonly session: InferenceSession,
    readonly layouts: ModelLayouts,
  ) {}

  /**
   * Opens the model and scores a few rows with it, so that the first event does not pay for lazy allocation and a model
   * that does not fit its layouts is found here. @throws ModelRejected
   */
  static async load(bytes: Uint8Array, layouts: ModelLayouts): Promise<OnnxModel> {
    const session = await openSession(bytes);
    try {
      const model = new OnnxModel(session, layouts);
      for (const rows of [1, 2, 64]) await model.warmUp(rows);
      return model;
    } catch (cause) {
      await session.release();
      if (cause instanceof ModelRejected) throw cause;
      throw new ModelRejected(`the model does not run on its declared inputs: ${firstLineOf(cause)}`, { cause });
    }
  }

  /** Scores rows in the pipeline's feature order. A row that the model refuses is a problem of that row alone. */
  async score(rows: readonly FeatureRow[]): Promise<ModelScores> {
    const collector = new ScoreCollector(this.layouts.output, rows.length);
    for (let first = 0; first < rows.length; first += CHUNK_ROWS) {
      await this.scoreChunk(rows, first, Math.min(CHUNK_ROWS, rows.length - first), collector);
    }
    return collector;
  }

  /** Scores a float32 matrix `[rows, features]`, row by row, NaN for missing; for models with a float32 matrix input. */
  async scoreMatrix(matrix: Float32Array, rows: number): Promise<ModelScores> {
    const { input, output } = this.layouts;
    if (input.kind !== 'matrix' || input.type !== 'float32') {
      throw new TypeError('scoreMatrix is for models with one float32 matrix as input');
    }
    const collector = new ScoreCollector(output, rows);
    for (let first = 0; first < rows; first += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, rows - first);
      const chunk = matrix.subarray(first * input.columns, (first + count) * input.columns);
      collector.collect(
        first,
        count,
        await this.run({ [input.input]: new Tensor('float32', chunk, [count, input.columns]) }),
      );
    }
    return collector;
  }

  /** Frees the native memory. The model must not be scoring, nor score again. */
  async release(): Promise<void> {
    await this.session.release();
  }

  /** A run fails as a whole: halves are tried until the rows at fault stand alone. */
  private async scoreChunk(
    rows: readonly FeatureRow[],
    first: number,
    count: number,
    collector: ScoreCollector,
  ): Promise<void> {
    const { feeds, problems } = packRows(this.layouts.input, rows.slice(first, first + count));
    for (const [index, problem] of problems) collector.refuse(first + index, problem);
    try {
      collector.collect(first, count, await this.run(feeds));
    } catch (error) {
      if (count === 1) {
        collector.refuse(first, `the model failed: ${firstLineOf(error)}`);
        return;
      }
      const half = count >> 1;
      await this.scoreChunk(rows, first, half, collector);
      await this.scoreChunk(rows, first + half, count - half, collector);
    }
  }

  private async run(feeds: Readonly<Record<string, Tensor>>): Promise<ArrayLike<number> | undefined> {
    const { output } = this.layouts.output;
    const results = await this.session.run(feeds, [output]);
    const data = results[output]?.data;
    return data instanceof Float32Array || data instanceof Float64Array ? data : undefined;
  }

  private async warmUp(rows: number): Promise<void> {
    const { input, output } = this.layouts;
    const row: FeatureRow =
      input.kind === 'matrix'
        ? new Array<number>(input.columns).fill(0)
        : input.inputs.map(({ type }) => (type === 'string' ? '' : 0));
    const result = await this.run(packRows(input, new Array<FeatureRow>(rows).fill(row)).feeds);
    if (result?.length !== rows * output.width) {
      throw new ModelRejected(
        `the model's output ${output.output} has ${result?.length ?? 'no'} numbers for ${rows} rows, ` +
          `its registration says ${output.width} per row`,
      );
    }
  }
}
