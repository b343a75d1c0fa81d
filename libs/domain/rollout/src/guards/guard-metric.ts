import type { ModelTask } from '#contracts';

/** How a metric tells, event by event, how bad an arm was: 0 is best. */
export interface EventMetric {
  /** Expression over the columns `<arm>_score`, `<arm>_decision`, `<arm>_class_scores` and, with labels, `label`. */
  badness(arm: Arm): string;
  readonly needsLabels: boolean;
  /** What is said to a person is 1 − badness. */
  readonly higherIsBetter: boolean;
  /** Largest badness; null: it has no end. The least is 0. */
  readonly most: number | null;
  /** That the differences of two arms are guessed to have. */
  readonly variance: number;
}

export type Arm = 'challenger' | 'champion';

/** Probabilities are clipped to this from 0 and 1: one event must not outweigh a thousand. */
export const CLIP = 1e-6;

const clipped = (probability: string): string => `least(greatest(${probability}, ${CLIP}), 1 - ${CLIP})`;

const LABELLED = { needsLabels: true, higherIsBetter: false, most: null, variance: 0.1 } as const;
const WRONG: EventMetric = {
  ...LABELLED,
  higherIsBetter: true,
  most: 1,
  badness: (arm) => `toFloat64((${arm}_decision = 'positive') != (label = 1))`,
};

/** Those that only compare scores with labels; the others have queries of their own. */
export const EVENT_METRICS: Readonly<Record<ModelTask, Readonly<Record<string, EventMetric>>>> = {
  'binary-classification': {
    accuracy: WRONG,
    brier: { ...LABELLED, most: 1, variance: 0.05, badness: (arm) => `pow(${arm}_score - (label = 1), 2)` },
    log_loss: {
      ...LABELLED,
      badness: (arm) => `-log(if(label = 1, ${clipped(`${arm}_score`)}, ${clipped(`1 - ${arm}_score`)}))`,
    },
  },
  'multiclass-classification': {
    accuracy: { ...WRONG, badness: (arm) => `toFloat64(toFloat64OrNull(toString(${arm}_decision)) != label)` },
    log_loss: {
      ...LABELLED,
      badness: (arm) => `-log(${clipped(`arrayElement(${arm}_class_scores, toUInt32(label) + 1)`)})`,
    },
  },
  regression: {
    absolute_error: { ...LABELLED, badness: (arm) => `abs(${arm}_score - label)` },
    squared_error: { ...LABELLED, badness: (arm) => `pow(${arm}_score - label, 2)` },
  },
};

/** By which a challenger is shown to be better where the gates' own metric is no mean over events. */
const STAND_INS: Readonly<Record<ModelTask, string>> = {
  'binary-classification': 'brier',
  'multiclass-classification': 'accuracy',
  regression: 'squared_error',
};
const RENAMED: Readonly<Record<string, string>> = {
  mae: 'absolute_error',
  rmse: 'squared_error',
  mse: 'squared_error',
};

/**
 * The metric whose evidence a promotion needs: the gates' own where it can be followed event by event or by blocks, else the one
 * that stands for its task.
 */
export function promotionMetric(task: ModelTask, gateMetric: string | undefined): string {
  const metric = RENAMED[gateMetric ?? ''] ?? gateMetric ?? '';
  const followed = metric in EVENT_METRICS[task] || (metric === 'roc_auc' && task === 'binary-classification');
  return followed ? metric : STAND_INS[task];
}
