export {
  backtestRows,
  type BacktestHooks,
  type BacktestModels,
  type BacktestReport,
  type BacktestSettings,
  type CandidateReplay,
  type ScoreRuntime,
} from './backtest/backtest-rows.js';
export type { Flips } from './backtest/decision-flips.js';
export type { LoggedRow } from './backtest/logged-row.js';
export type { VersionReplay } from './backtest/replay-account.js';
export { distributionOf, populationStability, type ScoreDistribution } from './backtest/score-distribution.js';
export { compareAreas, type AreaComparison } from './compare-areas.js';
export { compareModels, measureModel, type ModelComparison } from './compare-models.js';
export type { GatedRow, GatedRows, ScoredChampion, ScoredHoldout } from './gated-rows.js';
export { holdoutScores } from './holdout-scores.js';
export { judgeLatency, judgeSize, type Latency } from './judge-cost.js';
export { judgeFairness } from './judge-fairness.js';
export { describeGain, isGainEnough, judgeHoldout } from './judge-holdout.js';
export { describeReplay, isReproduced, judgeReplay } from './judge-replay.js';
export { judgeSlices } from './judge-slices.js';
export { judgeStress } from './judge-stress.js';
export { gateMetric, gateMetricsOf } from './metrics/gate-metrics.js';
export { mayServe, runGates, type GateHooks, type GatePorts } from './run-gates.js';
export { decisionAt, type DecisionRule, type FeatureRow, type GateScores, type Scorer } from './scorer.js';
export { featureRanges, type FeatureRange } from './stress/feature-ranges.js';
export { stressModel, type FlipRates, type StressReport } from './stress/stress-model.js';
