import type { OnnxModel } from './onnx-model.js';
import type { FeatureRow } from './pack-rows.js';

/** Of scoring single rows; ms. */
export interface MeasuredLatency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rows: number;
}

const WARM_UP = 50;
const MEASURED = 500;

/** Scores one row at a time, again and again where there are few. NaN without rows. */
export async function measureLatency(
  model: Pick<OnnxModel, 'score'>,
  rows: readonly FeatureRow[],
): Promise<MeasuredLatency> {
  if (rows.length === 0) return { p50Ms: NaN, p99Ms: NaN, rows: 0 };
  const times = new Float64Array(MEASURED);
  for (let at = -WARM_UP; at < MEASURED; at++) {
    const row = rows[(at + WARM_UP) % rows.length]!;
    const started = performance.now();
    await model.score([row]);
    if (at >= 0) times[at] = performance.now() - started;
  }
  times.sort();
  const quantile = (p: number): number => times[Math.ceil(p * MEASURED) - 1]!;
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99), rows: MEASURED };
}
