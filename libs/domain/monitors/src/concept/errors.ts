import type { ModelTask } from '#contracts';

/** How wrong one prediction was, as SQL over the columns of outcomes. */
interface TaskError {
  readonly error: string;
  /** What its mean is called. */
  readonly unit: string;
  /** Condition for a prediction that shows what is wrong. */
  readonly isWrong: string;
}

const RIGHT_OR_WRONG = { unit: 'the share of wrong decisions' } as const;

/** Decisions as they were served, so that a threshold counts too. */
export const ERRORS: Readonly<Record<ModelTask, TaskError>> = {
  'binary-classification': {
    ...RIGHT_OR_WRONG,
    error: "toUInt8((decision = 'positive') != (label = 1))",
    isWrong: "(decision = 'positive') != (label = 1)",
  },
  'multiclass-classification': {
    ...RIGHT_OR_WRONG,
    error: 'toUInt8(toFloat64OrZero(decision) != label)',
    isWrong: 'toFloat64OrZero(decision) != label',
  },
  regression: {
    unit: 'the mean absolute error',
    error: 'abs(score - label)',
    isWrong: '1',
  },
};
