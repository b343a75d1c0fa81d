import type { FeatureRow } from '../scorer.js';

/** A prediction as the log holds it, with its label where that has come. */
export interface LoggedRow {
  readonly id: string;
  /** Event time, ms. */
  readonly time: number;
  readonly version: string;
  readonly score: number;
  /** Multiclass: one per class; else empty. */
  readonly classScores: readonly number[];
  /** As it was in force. */
  readonly threshold: number;
  /** As served. */
  readonly features: FeatureRow;
  readonly label: number | null;
  readonly slices: readonly string[];
}
