import type { GateResult, GatesDefinition, PipelineDefinition } from '#contracts';
import type { BacktestReport } from './backtest/backtest-rows.js';
import { holdoutScores } from './holdout-scores.js';
import type { GatedRows } from './gated-rows.js';
import { judgeFairness } from './judge-fairness.js';
import { judgeLatency, judgeSize, type Latency } from './judge-cost.js';
import { judgeHoldout } from './judge-holdout.js';
import { judgeReplay } from './judge-replay.js';
import { judgeSlices } from './judge-slices.js';
import { judgeStress } from './judge-stress.js';
import type { FeatureRow, Scorer } from './scorer.js';
import { stressModel } from './stress/stress-model.js';

export interface GatePorts {
  readonly candidate: { readonly score: Scorer; readonly sizeBytes: number };
  /** Who serves now; null: nobody yet. */
  readonly champion: { readonly version: string; readonly score: Scorer } | null;
  /** Scores single rows of these with the candidate, after a warm-up. */
  measureLatency(rows: readonly FeatureRow[]): Promise<Latency>;
  /** Replays the log through the incumbents and the candidate; null: the pipeline file asks for none. */
  readonly backtest: (() => Promise<BacktestReport>) | null;
}

export interface GateHooks {
  readonly signal?: AbortSignal;
  /** Before each gate: how many are done, of how many, and which is next. */
  readonly onProgress?: (done: number, of: number, gate: string) => void;
}

type GatedPipeline = Pick<PipelineDefinition, 'features' | 'expectations' | 'event' | 'model'>;

/** Rows of which the latency is taken. */
const LATENCY_ROWS = 256;

/**
 * Puts a candidate through every gate, those after a failed one too: a person wants to know all that is wrong.
 *
 * @param holdout the newest rows, seen by no training
 * @throws the signal's reason once it is aborted
 */
export async function runGates(
  definition: GatedPipeline,
  gates: GatesDefinition,
  holdout: GatedRows,
  ports: GatePorts,
  { signal, onProgress }: GateHooks = {},
): Promise<readonly GateResult[]> {
  const results: GateResult[] = [];
  const scored = await holdoutScores(definition.model, holdout, ports.candidate.score, ports.champion, signal);
  const steps: readonly (readonly [gate: string, judge: () => GateResult | Promise<GateResult>])[] = [
    ['holdout', () => judgeHoldout(gates, scored)],
    ['slices', () => judgeSlices(gates, scored)],
    ['fairness', () => judgeFairness(gates, scored)],
    [
      'latency',
      async () =>
        judgeLatency(
          gates,
          await ports.measureLatency(holdout.rows.slice(0, LATENCY_ROWS).map(({ features }) => features)),
        ),
    ],
    ['size', () => judgeSize(gates, ports.candidate.sizeBytes)],
    ['stress', async () => judgeStress(gates, await stressModel(definition, holdout, ports.candidate.score))],
    [
      'backtest',
      async () =>
        ports.backtest === null
          ? { gate: 'backtest', verdict: 'not_applicable', summary: 'no rows of the log are asked for', evidence: {} }
          : judgeReplay(await ports.backtest()),
    ],
  ];
  for (const [gate, judge] of steps) {
    signal?.throwIfAborted();
    onProgress?.(results.length, steps.length, gate);
    results.push(await judge());
  }
  return results;
}

/** No gate failed; one that does not apply stops nobody. */
export function mayServe(results: readonly GateResult[]): boolean {
  return results.every(({ verdict }) => verdict !== 'failed');
}
