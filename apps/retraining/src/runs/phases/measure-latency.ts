import { performance } from 'node:perf_hooks';
import type { FeatureRow, Latency } from '#domain/gates';
import type { OnnxModel } from '#platform/onnx';

const WARM_UP_ROWS = 32;

/** Of scoring one row after the other; the first ones are not counted. */
export async function measureLatency(model: OnnxModel, rows: readonly FeatureRow[]): Promise<Latency> {
  for (const row of rows.slice(0, WARM_UP_ROWS)) await model.score([row]);
  const taken: number[] = [];
  for (const row of rows) {
    const started = performance.now();
    await model.score([row]);
    taken.push(performance.now() - started);
  }
  taken.sort((a, b) => a - b);
  return { p50Ms: at(taken, 0.5), p99Ms: at(taken, 0.99), rows: taken.length };
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
