/** Thrown when the stack cannot start or go on for a reason the user can mend; the message says how. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
