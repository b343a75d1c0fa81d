import type { RolloutDefinition, RolloutState, RolloutStep, Serving } from '#contracts';
import { formatDuration } from '../terminal/quantities.js';
import { iso } from './describe-event.js';

export interface RolloutStanding {
  /** Null: none is under way. */
  readonly rollout: RolloutState | null;
  readonly serving: Serving | null;
  /** What the next rollout follows; null: the file declares none. */
  readonly definition: RolloutDefinition | null;
  /** The pipeline's clock, ms; null: not known. */
  readonly clock: number | null;
}

/** A rollout for a person: where it is, since when, and what it waits for. */
export function describeRollout(pipeline: string, standing: RolloutStanding): readonly string[] {
  const { rollout, serving, definition } = standing;
  const champion = serving?.champion?.version ?? 'none';
  if (rollout === null) {
    const next =
      definition === null
        ? `its file declares no rollout, so a version that is promoted serves at once`
        : `the next goes through: ${definition.steps.map(stepText).join(', then ') || 'no step at all'}`;
    return [`${pipeline}: no rollout is under way; version ${champion} serves`, `  ${next}`];
  }
  const lines = rollout.steps.map((step, index) => {
    const mark = index < rollout.step ? '✓' : index === rollout.step ? '→' : ' ';
    const since = index === rollout.step ? `  ${sinceText(rollout.stepStartedAt, standing.clock)}` : '';
    return `  ${mark} ${stepText(step)}${since}`;
  });
  const watch =
    rollout.phase === 'watch'
      ? [
          `  → watched for ${formatDuration(definition?.watchMs ?? 0)}  ${sinceText(rollout.stepStartedAt, standing.clock)}`,
        ]
      : [];
  return [
    `${pipeline}: version ${rollout.version} against ${rollout.against}  (${rollout.id}, by ${rollout.startedBy}: ${rollout.reason})`,
    ...lines,
    ...watch,
    `  ${waitsFor(pipeline, rollout, definition)}`,
    `  guards were looked at ${rollout.looks} times${rollout.lookedAt === null ? '' : `, last at ${iso(rollout.lookedAt)} of the data's time`}`,
  ];
}

function sinceText(startedAt: number, clock: number | null): string {
  const held =
    clock === null || clock < startedAt ? '' : `, ${formatDuration(clock - startedAt)} ago by the data's clock`;
  return `since ${iso(startedAt)}${held}`;
}

function waitsFor(pipeline: string, rollout: RolloutState, definition: RolloutDefinition | null): string {
  if (rollout.paused) return `it is paused: eddyline rollout resume ${pipeline}`;
  switch (rollout.phase) {
    case 'approval':
      return `a person must agree: eddyline rollout approve ${pipeline}, or abort`;
    case 'ab':
      return `a person decides: eddyline rollout approve ${pipeline} promotes version ${rollout.version}, abort keeps ${rollout.against}`;
    case 'watch':
      return `guards still roll back to version ${rollout.against}`;
    case 'shadow':
    case 'canary': {
      const labelled = definition?.minLabelled ?? 0;
      return `it goes on when its hold has passed${labelled === 0 ? '' : `, with the labels of that time (${labelled} at least)`}`;
    }
  }
}

export function stepText(step: RolloutStep): string {
  switch (step.kind) {
    case 'shadow':
      return `shadow for ${formatDuration(step.holdMs)}`;
    case 'canary':
      return `canary of ${percent(step.share)} for ${formatDuration(step.holdMs)}`;
    case 'ab':
      return `A/B test of ${percent(step.share)} for ${formatDuration(step.holdMs)}`;
    case 'approval':
      return 'approval by a person';
  }
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`;
}
