import type { GuardDefinition, ModelTask } from '#contracts';

/** What training, gates, rollouts and explanations are where a file says nothing. Durations and sizes as a file would write them. */

export const COMMAND = { timeout: '1h', memory: '2GiB' } as const;

export const RETRAINING = {
  coolDown: '1d',
  minRows: 1_000,
  maxRows: 200_000,
  holdout: 0.2,
  folds: 5,
  calibration: 'none',
  seed: 1,
  trials: 20,
} as const;

/** Without a unit of its own: what a regression predicts may be dollars or degrees. */
export const GATE_METRIC: Readonly<Record<ModelTask, string>> = {
  'binary-classification': 'roc_auc',
  'multiclass-classification': 'log_loss',
  regression: 'r2',
};

export const GATES = {
  minGain: 0,
  confidence: 0.95,
  tolerance: 0.01,
  slices: { worseBy: 0.05, minRows: 100 },
  fairness: { atMost: 0.1, minRows: 100 },
  maxLatencyMs: 50,
  maxSize: '100MB',
  maxFlipRate: 0.05,
  backtestRows: 10_000,
  replayTolerance: 1e-6,
} as const;

export const HOLD = '1h';
export const ROLLOUT = {
  steps: [{ shadow: HOLD }, { canary: 0.05, hold: HOLD }, { canary: 0.5, hold: HOLD }],
  falseRollbackRate: 0.05,
  minLabelled: 200,
  watch: '1d',
} as const;

/** Time that persons have to agree, or to tell the better arm, before the rollout is given up. */
export const PATIENCE_MS = 30 * 86_400_000;

export const GUARD_MIN_ROWS = 100;

/** A challenger that can't score is never left to serve, whatever a file says of other metrics. */
export const ERROR_GUARD: GuardDefinition = { metric: 'error_rate', worseBy: 0.01, minRows: GUARD_MIN_ROWS };
const LATENCY_GUARD: GuardDefinition = { metric: 'latency_p99_ms', worseBy: 50, minRows: 2 * GUARD_MIN_ROWS };

/** By what labels say, where they come back; else by how sure the model is of itself. */
export function defaultGuards(task: ModelTask | undefined, hasLabel: boolean): readonly GuardDefinition[] {
  const minRows = 2 * GUARD_MIN_ROWS;
  const quality: readonly GuardDefinition[] =
    task === 'binary-classification' && hasLabel
      ? [
          { metric: 'brier', worseBy: 0.02, minRows },
          { metric: 'roc_auc', worseBy: 0.02, minRows },
        ]
      : task === 'multiclass-classification' && hasLabel
        ? [{ metric: 'accuracy', worseBy: 0.02, minRows }]
        : task === 'binary-classification'
          ? [{ metric: 'estimated_accuracy', worseBy: 0.05, minRows }]
          : [];
  return [ERROR_GUARD, LATENCY_GUARD, ...quality];
}

export const EXPLAINED = { top: 5, sample: 0.01 } as const;
