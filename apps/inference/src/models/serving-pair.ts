import type { ChallengerMode } from '#contracts';
import type { ServedModel } from './served-model.js';

/** By what a partition was last scored; kept in its checkpoint. */
export interface ServingMark {
  /** Of `Serving`. */
  readonly sequence: number;
  /** Version of the champion. */
  readonly champion: string;
}

/** The version that looks on, or serves a share of the keys. */
export interface Challenger {
  /** Null: it cannot score here (not loaded, or no good); the champion serves what it would have. */
  readonly model: ServedModel | null;
  readonly mode: ChallengerMode;
  /** Share of the keys that it serves, in [0, 1]. */
  readonly share: number;
  readonly salt: string;
  /** @param error where it failed as a whole */
  failed(rows: number, error?: unknown): void;
}

/** What a batch is scored with, held until it is let go. */
export class ServingPair {
  constructor(
    readonly mark: ServingMark,
    readonly champion: ServedModel,
    readonly challenger: Challenger | null,
  ) {
    champion.hold();
    challenger?.model?.hold();
  }

  /** Exactly once, when the batch is done. */
  letGo(): void {
    this.champion.letGo();
    this.challenger?.model?.letGo();
  }
}
