import type { GateResult, GatesDefinition } from '#contracts';
import { count, figure } from './words.js';

/** Of scoring single rows, after a warm-up; ms. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rows: number;
}

export function judgeLatency({ maxLatencyMs }: Pick<GatesDefinition, 'maxLatencyMs'>, latency: Latency): GateResult {
  const { p50Ms, p99Ms, rows } = latency;
  return {
    gate: 'latency',
    verdict: p99Ms <= maxLatencyMs ? 'passed' : 'failed',
    summary: `scoring one row takes ${figure(p50Ms)} ms, ${figure(p99Ms)} ms at the 99th percentile of ${count(rows)}; at most ${figure(maxLatencyMs)} ms`,
    evidence: { ...latency, maxLatencyMs },
  };
}

export function judgeSize({ maxSizeBytes }: Pick<GatesDefinition, 'maxSizeBytes'>, sizeBytes: number): GateResult {
  return {
    gate: 'size',
    verdict: sizeBytes <= maxSizeBytes ? 'passed' : 'failed',
    summary: `the file has ${count(sizeBytes)} bytes, at most ${count(maxSizeBytes)}`,
    evidence: { sizeBytes, maxSizeBytes },
  };
}
