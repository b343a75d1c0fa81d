import { z } from 'zod';
import { duration, name, names, scalar, share, size } from './shape-parts.js';

/** The shape of what a pipeline says of new models: who trains them, when, and what they must show. */

const DIRECTIONS = ['increasing', 'decreasing'] as const;

export const TRAINERS = ['gbdt', 'random-forest', 'linear'] as const;

const parameters = z.record(z.string(), scalar).meta({
  description: "The trainer's hyperparameters that are fixed.",
  examples: [{ leaves: 31, learningRate: 0.1 }],
});

export const TRAINER = z
  .union([
    z.enum(TRAINERS),
    z.strictObject({
      name: z.enum(TRAINERS).meta({ description: 'A trainer that is built in.' }).optional(),
      parameters: parameters.optional(),
      monotone: z
        .record(z.string(), z.enum(DIRECTIONS))
        .meta({
          description:
            'Numeric features with which the score may only rise, or only fall, whatever the others are. Of gbdt and random-forest, with one score.',
          examples: [{ amount: 'increasing' }],
        })
        .optional(),
      command: names(
        'A program of your own and its arguments, without a shell: it gets a Parquet file and a JSON specification, and writes an ONNX file.',
        'python3',
        'train.py',
      ).optional(),
      timeout: duration('Of the program; it is then ended. Default 1h.', '1h').optional(),
      memory: size('Resident memory at which the program is ended. Default 2GiB.', '2GiB').optional(),
    }),
  ])
  .meta({
    description:
      'Who turns rows into a model: gradient-boosted trees (`gbdt`, the default), `random-forest`, `linear` (logistic or ridge regression), or a program of your own.',
  });

export const MODEL_PARAMETERS = parameters;

const severity = (of: string) =>
  z
    .enum(['info', 'warning', 'critical'])
    .meta({ description: `An alert of the monitor \`${of}\` fires, as severe as this at least.` })
    .optional();

export const ALERT_TRIGGERS = ['drift', 'performance', 'estimate', 'concept'] as const;

const TRIGGER = z
  .union([
    z.enum(ALERT_TRIGGERS),
    z.strictObject({
      drift: severity('drift'),
      performance: severity('performance'),
      estimate: severity('estimate'),
      concept: severity('concept'),
      labels: z
        .int()
        .min(1)
        .meta({ description: 'So many labels have come since the last model was trained.' })
        .optional(),
      schedule: z
        .string()
        .min(1)
        .meta({
          description: "Minute, hour, day of month, month, day of week, UTC, as cron; on the pipeline's own clock.",
          examples: ['0 3 * * *'],
        })
        .optional(),
    }),
  ])
  .meta({ description: 'A monitor, told alone (alerts from `warning` on) or with a severity; labels; or a schedule.' });

const SEARCH = z
  .strictObject({
    method: z.enum(['random', 'grid']).meta({ description: 'Default random.' }).optional(),
    trials: z.int().min(1).max(1_000).meta({ description: 'Most combinations that are tried. Default 20.' }).optional(),
    space: z
      .record(z.string(), z.array(scalar).min(1))
      .meta({
        description: "Values to choose from, by hyperparameter. Default: the trainer's own.",
        examples: [{ leaves: [15, 31, 63] }],
      })
      .optional(),
  })
  .nullable()
  .meta({
    description: 'Hyperparameters are searched for by cross-validation. Left out: those of the model are taken.',
  });

export const RETRAIN = z
  .strictObject({
    on: z.array(TRIGGER).default([]).meta({ description: 'What asks for a new model. A person may at any time.' }),
    coolDown: duration(
      'Event time after one run was asked for in which no trigger asks for the next. Default 1d.',
      '1d',
    ).optional(),
    window: duration('Event time that training data reaches back. Default: all that the log has.', '90d').optional(),
    minRows: z
      .int()
      .min(10)
      .meta({ description: 'Fewer rows than this: no model is trained. Default 1000.' })
      .optional(),
    maxRows: z
      .int()
      .min(10)
      .max(10_000_000)
      .meta({ description: 'Of more rows than this the oldest are left out first. Default 200000.' })
      .optional(),
    holdout: share(
      'Of the rows, the newest: no training sees them, gates judge by them. Default 20%.',
      '20%',
    ).optional(),
    folds: z
      .int()
      .min(2)
      .max(20)
      .meta({ description: 'Folds of cross-validation, in the order of time. Default 5.' })
      .optional(),
    search: SEARCH.optional(),
    calibration: z
      .enum(['none', 'platt', 'isotonic'])
      .meta({
        description: 'How scores become probabilities, fitted on held-out rows; binary classification. Default none.',
      })
      .optional(),
    seed: z
      .int()
      .min(0)
      .max(4_294_967_295)
      .meta({ description: 'Of all that is drawn by chance. Default 1.' })
      .optional(),
  })
  .nullable()
  .meta({ description: 'When and how a new model is trained, from the outcomes in the log. Needs `label`.' });

export const GATES = z
  .strictObject({
    metric: name(
      'Metric on the held-out rows by which candidate and champion are compared. Default: roc_auc, log_loss or r2, by the task.',
      'roc_auc',
    ).optional(),
    minGain: z
      .number()
      .meta({
        description: 'How much better than the champion it must be; negative: how much worse it may be. Default 0.',
      })
      .optional(),
    confidence: z.number().gt(0).lt(1).meta({ description: "Of that gain's interval. Default 0.95." }).optional(),
    tolerance: z
      .number()
      .min(0)
      .meta({ description: "How far the interval's lower end may lie below `minGain`. Default 0.01." })
      .optional(),
    slices: z
      .strictObject({
        by: names('Fields or features by whose values it is judged. Default: `monitor.slices`.', 'region').optional(),
        worseBy: z
          .number()
          .min(0)
          .meta({
            description: "How much worse than the champion it may be in a slice, in the metric's unit. Default 0.05.",
          })
          .optional(),
        minRows: z.int().min(1).meta({ description: 'Smaller slices are not judged. Default 100.' }).optional(),
      })
      .meta({ description: 'No slice may become much worse. Left out: not judged.' })
      .optional(),
    fairness: z
      .strictObject({
        by: names(
          'Fields or features with the protected attribute. Default: `monitor.fairness.by`.',
          'region',
        ).optional(),
        atMost: z
          .number()
          .min(0)
          .max(1)
          .meta({ description: 'Largest demographic parity difference. Default 0.1.' })
          .optional(),
        minRows: z.int().min(1).meta({ description: 'Smaller groups are not compared. Default 100.' }).optional(),
      })
      .meta({ description: 'Decisions by protected attribute. Left out: not judged.' })
      .optional(),
    maxLatencyMs: z.number().positive().meta({ description: 'p99 of scoring one row, ms. Default 50.' }).optional(),
    maxSize: size('Largest model file. Default 100MB.', '100MB').optional(),
    maxFlipRate: share(
      'Of the decisions: so many may turn when a feature moves by a hundredth of its range. Default 5%.',
      '5%',
    ).optional(),
    backtestRows: z
      .int()
      .min(0)
      .max(1_000_000)
      .meta({ description: 'Logged events that are replayed through champion and candidate. 0: none. Default 10000.' })
      .optional(),
    replayTolerance: z
      .number()
      .min(0)
      .meta({ description: "How far a champion's replayed score may lie from the stored one. Default 1e-6." })
      .optional(),
  })
  .nullable()
  .meta({ description: 'What a candidate must show before it serves anybody. Default with `retrain`: all defaults.' });

export type TrainerEntry = z.output<typeof TRAINER>;
export type TriggerEntry = z.output<typeof TRIGGER>;
export type RetrainSection = NonNullable<z.output<typeof RETRAIN>>;
export type SearchSection = NonNullable<z.output<typeof SEARCH>>;
export type GatesSection = NonNullable<z.output<typeof GATES>>;
