export { advance, foldRecord, type Advance, type DecisionContext } from './advance.js';
export {
  decideAbort,
  decideApproval,
  decideChampion,
  decidePause,
  decideResume,
  decideRollback,
  decideRolloutStart,
  type Appointing,
} from './by-hand.js';
export { largestShare, routeIn, routeOf, type ChallengerRoute } from './challenger-route.js';
export { clockQuery, type ReachedClocks } from './clock-query.js';
export type { Decision } from './decision.js';
export { foldLifecycle } from './fold-lifecycle.js';
export { foldServing } from './fold-serving.js';
export { NO_LIFECYCLE, NOT_SERVING, type LoopRecord } from './loop-record.js';
export { NotAllowed, objectionTo, TRANSITIONS, type Moment } from './transitions.js';
export { cronAfter, CronError, cronProblem, parseCron, type Cron } from './training/cron.js';
export {
  decideManualRun,
  decideSubmission,
  decideTriggers,
  type SeenAlert,
  type TriggerInput,
} from './training/decide-triggers.js';
export { decideRollout, type RolloutInput } from './decide-rollout.js';
export { isHigherBetter } from './guards/business-query.js';
export { promotionMetric } from './guards/guard-metric.js';
export { guardQueries, type GuardQuery, type GuardQueryInput } from './guards/guard-queries.js';
export { toGuardReading, type GuardReading } from './guards/guard-reading.js';
export { judgeGuards, type GuardJudgement, type JudgeInput } from './guards/judge-guards.js';
export { progressQuery, toRolloutProgress, type RolloutProgress } from './guards/rollout-progress.js';
export {
  PairedModelLosses,
  SIMULATED_METRICS,
  type SimulatedMetric,
  type SimulatedModels,
} from './simulation/paired-model-losses.js';
export { simulateRollouts, type SimulatedEnd, type SimulatedRollout } from './simulation/simulate-rollout.js';
