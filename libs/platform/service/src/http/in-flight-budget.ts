export interface InFlightLimits {
  /** Bytes of request bodies under way, over all requests. */
  readonly maxBytes: number;
  readonly maxRequests: number;
}

/** Which bound a refused request would have broken. */
export type FullReason = 'bytes' | 'requests';

/** The drain rate is measured over this long, in slots of a second. */
const RATE_SLOTS = 5;

/**
 * What the requests under way hold, counted before it is held. One request alone is always admitted, whatever its size:
 * it would never find more room than an idle process has.
 */
export class InFlightBudget {
  private heldBytes = 0;
  private heldRequests = 0;
  private readonly freed = new Array<number>(RATE_SLOTS).fill(0);
  private slot = 0;

  constructor(
    private readonly limits: InFlightLimits,
    private readonly nowMs: () => number,
  ) {}

  get bytes(): number {
    return this.heldBytes;
  }

  get requests(): number {
    return this.heldRequests;
  }

  admit(bytes: number): InFlightLease | FullReason {
    if (this.heldRequests >= this.limits.maxRequests) return 'requests';
    if (this.heldRequests > 0 && this.heldBytes + bytes > this.limits.maxBytes) return 'bytes';
    this.heldRequests++;
    this.heldBytes += bytes;
    let own = bytes;
    let released = false;
    return {
      atLeast: (wanted) => {
        const more = wanted - own;
        if (more <= 0 || released) return true;
        if (this.heldRequests > 1 && this.heldBytes + more > this.limits.maxBytes) return false;
        own += more;
        this.heldBytes += more;
        return true;
      },
      release: () => {
        if (released) return;
        released = true;
        this.heldRequests--;
        this.heldBytes -= own;
        this.turnTo(this.nowMs());
        this.freed[this.slot % RATE_SLOTS]! += own;
      },
    };
  }

  /** Bytes of finished requests per second, over the last five. */
  drainedBytesPerSecond(): number {
    this.turnTo(this.nowMs());
    return this.freed.reduce((sum, bytes) => sum + bytes, 0) / RATE_SLOTS;
  }

  private turnTo(nowMs: number): void {
    const slot = Math.floor(nowMs / 1_000);
    const passed = slot - this.slot;
    if (passed <= 0) return;
    for (let i = 0; i < Math.min(passed, RATE_SLOTS); i++) this.freed[(slot - i) % RATE_SLOTS] = 0;
    this.slot = slot;
  }
}

/** A request's share of the budget. */
export interface InFlightLease {
  /** Raises the share to `bytes` unless it has as much already. False: there is no room, and nothing has changed. */
  atLeast(bytes: number): boolean;
  /** Gives the share back; once is enough. */
  release(): void;
}
