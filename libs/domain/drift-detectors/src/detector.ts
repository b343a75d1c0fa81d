/** What a detector found at the value that it was given last. */
export interface Change {
  /** Mean of the values before the change, and of those since. */
  readonly before: number;
  readonly after: number;
  /** How many values, the last one included, came since. */
  readonly values: number;
}

/** A fold over a stream of numbers: equal streams give equal states. States are JSON-safe and never changed. */
export interface Detector<State, Options> {
  readonly initial: State;
  step(state: State, value: number, options: Options): Step<State>;
}

export interface Step<State> {
  readonly state: State;
  /** Null: none. */
  readonly change: Change | null;
}
