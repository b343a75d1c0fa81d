import { z } from 'zod';
import { duration, share } from './shape-parts.js';

/** The shape of the sections `rollout` and `explain`. */

const hold = duration('Event time that the step lasts at least; it also waits for its labels. Default 1h.', '10m');

const STEP = z
  .union([
    z.literal('approval'),
    z.strictObject({
      shadow: duration('The challenger scores everything for so long, nobody acts on it.', '10m').optional(),
      canary: share('It serves this share of the keys.', '5%').optional(),
      ab: share('It serves this share of the keys until a person decides.', '50%').optional(),
      hold: hold.optional(),
    }),
  ])
  .meta({
    description:
      'One of { shadow: 10m }, { canary: 5%, hold: 10m }, { ab: 50%, hold: 1d }, or `approval`: a person must agree.',
  });

const GUARD = z
  .strictObject({
    worseBy: z
      .number()
      .positive()
      .meta({ description: "Worse than the champion by more than this, in the metric's unit." })
      .optional(),
    above: z.number().meta({ description: 'Above this, whatever the champion does.' }).optional(),
    minRows: z
      .int()
      .min(1)
      .meta({ description: 'Looked at from so many rows on, labelled ones where it needs labels. Default 100.' })
      .optional(),
  })
  .meta({ description: 'A bound beyond which the challenger is rolled back.' });

export const ROLLOUT = z
  .strictObject({
    steps: z
      .array(STEP)
      .meta({
        description:
          'What a new version goes through. Default: shadow, then 5 %, then 50 % of the keys, 1h each. An empty list: it serves at once.',
        examples: [[{ shadow: '10m' }, { canary: '5%', hold: '10m' }, { canary: '50%', hold: '10m' }]],
      })
      .optional(),
    guard: z
      .record(z.string(), GUARD)
      .meta({
        description:
          'Bounds by metric. What stands here takes the place of the defaults, but for that of `error_rate`, which is always there.',
        examples: [{ roc_auc: { worseBy: 0.02 }, latency_p99_ms: { above: 50 } }],
      })
      .optional(),
    falseRollbackRate: z
      .number()
      .gt(0)
      .lt(1)
      .meta({ description: 'Chance that guards roll back a challenger as good as the champion. Default 0.05.' })
      .optional(),
    falsePromotionRate: z
      .number()
      .gt(0)
      .lt(1)
      .nullable()
      .meta({
        description:
          'Promotion needs the evidence that it is better by the metric of the gates, at this rate of mistakes. Default: no breach is enough.',
      })
      .optional(),
    minLabelled: z
      .int()
      .min(0)
      .meta({ description: 'Labelled events that a step needs before the next. Default 200; without labels 0.' })
      .optional(),
    watch: duration('Event time after promotion in which guards still roll back. Default 1d.', '1d').optional(),
    deadline: duration(
      'A rollout that takes longer in event time is rolled back. Default: by the steps and the delay of labels.',
      '14d',
    ).optional(),
  })
  .nullable()
  .meta({ description: 'How a new version comes to serve. Default with `retrain`: all defaults.' });

export const EXPLAIN = z
  .strictObject({
    top: z
      .int()
      .min(1)
      .max(100)
      .meta({ description: 'So many features with the largest contributions are kept. Default 5.' })
      .optional(),
    sample: share('Of all predictions, by a hash of the id. Default 1%.', '1%').optional(),
    when: z
      .string()
      .min(1)
      .meta({
        description: 'A CEL expression over `prediction` (score, decision, flags, model_version, role): those too.',
        examples: ['prediction.score > 0.9'],
      })
      .optional(),
  })
  .nullable()
  .meta({ description: 'Which predictions are explained as they come. Left out: on demand only.' });

export type StepEntry = z.output<typeof STEP>;
export type GuardEntry = z.output<typeof GUARD>;
export type RolloutSection = NonNullable<z.output<typeof ROLLOUT>>;
export type ExplainSection = NonNullable<z.output<typeof EXPLAIN>>;
