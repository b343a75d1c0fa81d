import type { RolloutDefinition, RolloutState, Serving } from '#contracts';
import { describeRollout, type RolloutStanding } from './describe-rollout.js';

const DAY = 86_400_000;
const appointment = { version: '1', since: '', changedBy: 'ann', reason: '' };
const SERVING: Serving = {
  kind: 'serving',
  pipeline: 'p',
  sequence: 1,
  champion: appointment,
  challenger: null,
  previous: null,
};
const ROLLOUT: RolloutState = {
  id: 'rollout-5',
  version: '2',
  against: '1',
  steps: [
    { kind: 'shadow', holdMs: 7 * DAY },
    { kind: 'canary', share: 0.1, holdMs: 7 * DAY },
    { kind: 'approval' },
    { kind: 'ab', share: 0.5, holdMs: DAY },
  ],
  step: 1,
  phase: 'canary',
  paused: false,
  salt: 'rollout-5',
  startedAt: Date.UTC(1997, 0, 1),
  stepStartedAt: Date.UTC(1997, 0, 8),
  looks: 3,
  lookedAt: Date.UTC(1997, 0, 9),
  startedBy: 'retraining',
  reason: 'run-3',
};
const DEFINITION: RolloutDefinition = {
  steps: ROLLOUT.steps,
  guards: [],
  falseRollbackRate: 0.05,
  falsePromotionRate: null,
  minLabelled: 200,
  watchMs: 14 * DAY,
  deadlineMs: 1,
};
const standing = (more: Partial<RolloutStanding>): RolloutStanding => ({
  rollout: ROLLOUT,
  serving: SERVING,
  definition: DEFINITION,
  clock: Date.UTC(1997, 0, 10),
  ...more,
});

describe('a rollout for a person', () => {
  it('shows what is over, where it is and what comes', () => {
    expect(describeRollout('p', standing({}))).toEqual([
      'p: version 2 against 1  (rollout-5, by retraining: run-3)',
      '  ✓ shadow for 7d',
      "  → canary of 10 % for 7d  since 1997-01-08T00:00:00Z, 2d ago by the data's clock",
      '    approval by a person',
      '    A/B test of 50 % for 1d',
      '  it goes on when its hold has passed, with the labels of that time (200 at least)',
      "  guards were looked at 3 times, last at 1997-01-09T00:00:00Z of the data's time",
    ]);
  });

  it.each<[string, Partial<RolloutState>, string]>([
    ['paused', { paused: true }, 'it is paused: eddyline rollout resume p'],
    ['waiting', { step: 2, phase: 'approval' }, 'a person must agree: eddyline rollout approve p, or abort'],
    [
      'undecided',
      { step: 3, phase: 'ab' },
      'a person decides: eddyline rollout approve p promotes version 2, abort keeps 1',
    ],
    ['watched', { step: 4, phase: 'watch' }, 'guards still roll back to version 1'],
  ])('that is %s says what it waits for', (_, state, expected) => {
    const lines = describeRollout('p', standing({ rollout: { ...ROLLOUT, ...state }, clock: null }));
    expect(lines.at(-2)).toBe(`  ${expected}`);
  });

  it('that is none says what the next would be', () => {
    expect(describeRollout('p', standing({ rollout: null }))).toEqual([
      'p: no rollout is under way; version 1 serves',
      '  the next goes through: shadow for 7d, then canary of 10 % for 7d, then approval by a person, then A/B test of 50 % for 1d',
    ]);
    const [, next] = describeRollout('p', standing({ rollout: null, definition: null }));
    expect(next).toBe('  its file declares no rollout, so a version that is promoted serves at once');
  });
});
