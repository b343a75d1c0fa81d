import type { PipelineDefinition, RolloutDefinition, RolloutState } from '#contracts';
import { rolledBack } from './by-hand.js';
import type { Decision } from './decision.js';
import type { GuardReading } from './guards/guard-reading.js';
import { weighGuards, weighPromotion, type GuardJudgement, type WeighedBound } from './guards/judge-guards.js';
import type { RolloutProgress } from './guards/rollout-progress.js';
import { passOn } from './next-step.js';

export interface RolloutInput {
  readonly pipeline: Pick<PipelineDefinition, 'rollout' | 'model' | 'monitoring' | 'label'>;
  readonly rollout: RolloutState;
  /** The pipeline's clock: event time, ms. */
  readonly clock: number;
  /** The same of the times at which labels became known; null: as `clock`. */
  readonly labelsClock: number | null;
  readonly readings: readonly GuardReading[];
  readonly progress: RolloutProgress;
}

/** That guards were looked at is told this often in a step at most: an event for ever. */
const LOOKS_PER_HOLD = 4;
const LEAST_BETWEEN_LOOKS_MS = 60_000;

/**
 * What is to be done about a rollout now; at most one decision. The pipeline's file may have lost its rollout since: its guards
 * are gone then, and what is under way waits for a person.
 *
 * In this order: a breached guard rolls back, in any phase, also paused; a rollout that is paused or waits for a person waits; one that
 * waits beyond its deadline, or in which nothing could be compared, is rolled back; a step that has held for long enough is passed.
 */
export function decideRollout(input: RolloutInput): readonly Decision[] {
  const { pipeline, rollout, clock } = input;
  const definition = pipeline.rollout;
  if (definition === undefined) return [];
  const bounds = weighGuards(input);
  const isBreached = bounds.some(({ verdict }) => verdict === 'breached');
  if (isBreached) {
    const breached = told(bounds.filter(({ verdict }) => verdict === 'breached'));
    const reason = `guard breached: ${breached.map(({ explanation }) => explanation).join('; ')}`;
    return [back(rollout, reason, { guards: told(bounds), clock })];
  }
  if (rollout.phase === 'watch') return endWatch(input, definition, bounds);
  if (rollout.paused) return looked(input, bounds);
  const waiting = waitsFor(input, definition, bounds);
  // A clock that leaps, as a replay's does, leaps over deadlines too: what waits for nothing is not late.
  if (clock - rollout.startedAt > definition.deadlineMs && waiting !== null) {
    const reason = `it has not passed its steps within ${duration(definition.deadlineMs)}: ${waiting}`;
    return [back(rollout, reason, { startedAt: rollout.startedAt, clock, progress: input.progress })];
  }
  const silence = notComparing(input);
  if (silence !== null) return [back(rollout, silence, { progress: input.progress, clock })];
  if (rollout.phase === 'approval' || rollout.phase === 'ab') return looked(input, bounds);
  if (waiting !== null) return looked(input, bounds);
  return [pass(input, definition, bounds)];
}

function pass(input: RolloutInput, definition: RolloutDefinition, bounds: readonly WeighedBound[]): Decision {
  const { rollout, progress, clock } = input;
  const labels = definition.minLabelled > 0 ? `, ${progress.labelled} of them labelled` : '';
  const why = `${progress.compared} events were scored by both in ${duration(clock - rollout.stepStartedAt)}${labels}, and no guard is breached`;
  const isLast = rollout.step >= rollout.steps.length - 1;
  return passOn(rollout, definition, why, {
    guards: told(bounds),
    progress,
    clock,
    ...(isLast ? { better: weighPromotion(input).evidence() } : {}),
  });
}

/** What a step still waits for, as a clause for a person; null: nothing. */
function waitsFor(
  { pipeline, rollout, clock, labelsClock, readings, progress }: RolloutInput,
  definition: RolloutDefinition,
  bounds: readonly WeighedBound[],
): string | null {
  const step = rollout.steps[rollout.step];
  if (step?.kind === 'approval') return 'a person has to approve it';
  const held = holdOf(rollout);
  if (clock < rollout.stepStartedAt + held) return `the step holds for ${duration(held)}`;
  if (definition.minLabelled > 0) {
    if (progress.labelled < definition.minLabelled) {
      return `${progress.labelled} of its events have labels, and ${definition.minLabelled} are needed`;
    }
    const known = Math.min(clock, labelsClock ?? clock);
    const delay = progress.labelDelayMs ?? 0;
    if (known < rollout.stepStartedAt + held + delay) return `labels of the step take ${duration(delay)} to come`;
  }
  if (step?.kind === 'ab') return 'a person has to end the A/B test';
  // Losses without an end take thousands of events to be sure of; who looks bad meanwhile is not let on to more keys.
  const beyond = bounds.find(({ verdict, isBeyond }) => verdict === 'ok' && isBeyond);
  if (beyond !== undefined) return `${beyond.metric} lies beyond its bound so far, though not for certain`;
  if (rollout.step < rollout.steps.length - 1) return null;
  const unsure = bounds.find(
    ({ verdict, metric }) => verdict === 'insufficient' && isComparable(metric, rollout, pipeline),
  );
  if (unsure !== undefined) return unsure.judgement().explanation;
  return weighPromotion({ pipeline, rollout, readings }).isBetter ? null : 'it is not shown to be better yet';
}

/** A business figure is of what an arm served: in the shadow there is none to wait for. */
function isComparable(metric: string, { steps }: RolloutState, { monitoring }: RolloutInput['pipeline']): boolean {
  const isBusiness = monitoring?.monitors.some(({ name, kind }) => kind === 'business' && name === metric) === true;
  return !isBusiness || steps.some((step) => 'share' in step && step.share < 1);
}

function holdOf({ steps, step }: RolloutState): number {
  const current = steps[step];
  return current === undefined || current.kind === 'approval' ? 0 : current.holdMs;
}

/** Events came for the whole hold, and the challenger has scored none of them beside the champion: it will not come to serve. */
function notComparing({ rollout, clock, progress }: RolloutInput): string | null {
  const held = holdOf(rollout);
  const isOver = held > 0 && clock >= rollout.stepStartedAt + held;
  if (!isOver || progress.events === 0 || progress.compared > 0) return null;
  return `it scored none of the ${progress.events} events of ${duration(clock - rollout.stepStartedAt)} beside version ${rollout.against}`;
}

function endWatch(
  input: RolloutInput,
  definition: RolloutDefinition,
  bounds: readonly WeighedBound[],
): readonly Decision[] {
  const { rollout, clock, labelsClock, progress } = input;
  const delay = definition.minLabelled > 0 ? (progress.labelDelayMs ?? 0) : 0;
  const known = delay > 0 ? Math.min(clock, labelsClock ?? clock) : clock;
  if (known < rollout.stepStartedAt + definition.watchMs + delay) return looked(input, bounds);
  return [
    {
      change: { kind: 'watch_ended' },
      version: rollout.version,
      summary: `Version ${rollout.version} stays: ${duration(clock - rollout.stepStartedAt)} after its promotion no guard is breached.`,
      evidence: { guards: told(bounds), progress, clock },
    },
  ];
}

/** Told when there is something to judge by, and then a few times in a step. */
function looked(
  { rollout, clock, progress, pipeline }: RolloutInput,
  bounds: readonly WeighedBound[],
): readonly Decision[] {
  const judged = bounds.filter(({ verdict }) => verdict === 'ok');
  const apart = Math.max(LEAST_BETWEEN_LOOKS_MS, spanOf(rollout, pipeline.rollout) / LOOKS_PER_HOLD);
  if (judged.length === 0 || (rollout.lookedAt !== null && clock - rollout.lookedAt < apart)) return [];
  return [
    {
      change: { kind: 'guards_looked', looks: rollout.looks + 1 },
      version: rollout.version,
      summary: `Version ${rollout.version} against ${rollout.against}: ${judged.length} of ${bounds.length} guards have enough to judge by, none is breached.`,
      evidence: { guards: told(bounds), progress, clock },
    },
  ];
}

function told(bounds: readonly WeighedBound[]): readonly GuardJudgement[] {
  return bounds.map(({ judgement }) => judgement());
}

function spanOf(rollout: RolloutState, definition: RolloutDefinition | undefined): number {
  if (rollout.phase === 'watch') return definition?.watchMs ?? 0;
  // Persons take their time.
  return rollout.phase === 'approval' || rollout.paused ? 4 * 3_600_000 : holdOf(rollout);
}

function back({ version, against }: RolloutState, reason: string, evidence: Decision['evidence']): Decision {
  return rolledBack(version, against, reason, evidence);
}

function duration(ms: number): string {
  const units = [
    ['days', 86_400_000],
    ['hours', 3_600_000],
    ['minutes', 60_000],
    ['seconds', 1_000],
  ] as const;
  const [name, length] = units.find(([, one]) => ms >= 2 * one) ?? ['ms', 1];
  return `${Number((ms / length).toPrecision(3))} ${name}`;
}
