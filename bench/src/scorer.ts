import { writeFeatures, FEATURES, type CardTransaction } from '../workload/src/index.js';
import * as ort from 'onnxruntime-node';

const CHUNK = 128;

/** Scores valid events; one session, one thread, as both systems are given. */
export class Scorer {
  private readonly row = new Float32Array(CHUNK * FEATURES);

  private constructor(private readonly session: ort.InferenceSession) {}

  static async load(modelPath: string): Promise<Scorer> {
    const session = await ort.InferenceSession.create(modelPath, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    return new Scorer(session);
  }

  /** Features as served and score of each event, in order. */
  async score(
    events: readonly CardTransaction[],
  ): Promise<{ readonly features: readonly number[][]; readonly scores: Float64Array }> {
    const scores = new Float64Array(events.length);
    const features: number[][] = [];
    for (let from = 0; from < events.length; from += CHUNK) {
      const count = Math.min(CHUNK, events.length - from);
      for (let i = 0; i < count; i++) writeFeatures(events[from + i]!, this.row, i * FEATURES);
      const input = new ort.Tensor('float32', this.row.slice(0, count * FEATURES), [count, FEATURES]);
      const { probabilities } = await this.session.run({ features: input }, ['probabilities']);
      const values = probabilities!.data as Float32Array;
      const data = input.data as Float32Array;
      for (let i = 0; i < count; i++) {
        scores[from + i] = values[2 * i + 1]!;
        features.push(Array.from(data.subarray(i * FEATURES, (i + 1) * FEATURES)));
      }
    }
    return { features, scores };
  }
}
