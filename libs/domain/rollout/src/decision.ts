import type { LifecycleChange } from '#contracts';

/** What was decided, and why; not yet an event: it has no number. */
export interface Decision {
  readonly change: LifecycleChange;
  /** The model version that it is about; null: none. */
  readonly version: string | null;
  /** One sentence for a person, with the figures. */
  readonly summary: string;
  /** What it rests on, JSON-safe: queries, figures, bounds, ids of alerts. */
  readonly evidence: Readonly<Record<string, unknown>>;
}
