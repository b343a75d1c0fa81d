/** Thrown when a prediction, or all of a model version, cannot be explained, and waiting would not change that. */
export class Unexplainable extends Error {
  override readonly name = 'Unexplainable';

  /** @param message one sentence that says what is missing and how to mend it */
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
  }
}
