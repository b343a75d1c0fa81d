/**
 * Thrown by a handler, or from the state behind it, when a pipeline's stage cannot go on for a reason that lies with this
 * pipeline alone and that waiting does not mend: offsets stay, the stage leaves its group and is `stopped` with this
 * message in readiness and log; other pipelines of the process go on. The message says what is wrong and how to mend it.
 */
export class CannotGoOn extends Error {
  override readonly name = 'CannotGoOn';
}
