interface Waiting {
  readonly go: () => void;
}

/** Lets so many be at work at once; the others wait in the order in which they came. */
export class Slots {
  private free: number;
  private readonly waiting = new Set<Waiting>();

  constructor(slots: number) {
    this.free = slots;
  }

  /** @returns what the work gives; undefined when it was called off before its turn came */
  async use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
    if (!(await this.take(signal))) return undefined;
    try {
      return await work();
    } finally {
      this.give();
    }
  }

  /** A slot that is given back goes to whoever has waited longest, not to whoever comes by. */
  private async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.free > 0) {
      this.free--;
      return true;
    }
    return new Promise<boolean>((resolve) => {
      const waiting: Waiting = {
        go: () => {
          signal.removeEventListener('abort', giveUp);
          resolve(true);
        },
      };
      const giveUp = (): void => {
        this.waiting.delete(waiting);
        resolve(false);
      };
      this.waiting.add(waiting);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  private give(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.free++;
      return;
    }
    this.waiting.delete(next);
    next.go();
  }
}
