/** One step of a rollout. Holds are event time; a step lasts at least so long, and until its labels have come. */
export type RolloutStep =
  /** The challenger scores everything, nobody acts on it. */
  | { readonly kind: 'shadow'; readonly holdMs: number }
  /** It serves this share of the keys, in (0, 1]; the champion scores those in the shadow, and the other way round. */
  | { readonly kind: 'canary'; readonly share: number; readonly holdMs: number }
  /** As canary, but it does not end by itself: the better arm is told by the guards' evidence, a person decides. */
  | { readonly kind: 'ab'; readonly share: number; readonly holdMs: number }
  /** A person must say so before the next step. */
  | { readonly kind: 'approval' };

/**
 * A bound on the challenger against the champion. `metric`: `error_rate` (share of events that it could not score), `latency_p99_ms`,
 * `divergence` (mean absolute difference of the scores), `accuracy`, `brier`, `log_loss`, `roc_auc`, `absolute_error`,
 * `squared_error`, `estimated_accuracy`, or the name of a business monitor.
 */
export interface GuardDefinition {
  readonly metric: string;
  /** Worse than the champion by more than this, in the metric's unit and always positive. */
  readonly worseBy?: number;
  /** Above this, whatever the champion does. */
  readonly above?: number;
  /** Looked at only from so many rows (labelled ones where the metric needs labels) on. */
  readonly minRows: number;
}

/** How a new version comes to serve. */
export interface RolloutDefinition {
  /** In order; empty: it serves at once (blue-green), and the version before stays loaded for `watchMs`. */
  readonly steps: readonly RolloutStep[];
  readonly guards: readonly GuardDefinition[];
  /** Chance, over the whole rollout and all guards, that a challenger as good as the champion is rolled back by them. */
  readonly falseRollbackRate: number;
  /** Promotion also needs the evidence that it is better by the gates' metric, at this rate of false promotions; null: no breach is enough. */
  readonly falsePromotionRate: number | null;
  /** Labelled events that a step must have before it is passed; 0 for a pipeline without labels. */
  readonly minLabelled: number;
  /** Event time after promotion in which guards still compare with the version before, and roll back. */
  readonly watchMs: number;
  /** A rollout that has not passed within this much event time is rolled back: a challenger must not hang for ever. */
  readonly deadlineMs: number;
}

/** Which predictions are explained, and how. */
export interface ExplainDefinition {
  /** So many features with the largest contributions are named as the reasons; the contributions of all are kept. */
  readonly top: number;
  /** Share of all predictions, by a hash of the event's id. */
  readonly sample: number;
  /** CEL over `prediction` (score, decision, flags, model_version, role): those too. Null: only the sample. */
  readonly when: string | null;
}
