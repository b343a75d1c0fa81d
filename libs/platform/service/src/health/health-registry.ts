/** Why a part is not ready; empty when it is. */
export type HealthCheck = () => readonly string[];

export interface HealthReport {
  readonly ready: boolean;
  readonly reasons: readonly { readonly part: string; readonly reason: string }[];
  /** What does not keep the service from its work, and should be known all the same. */
  readonly notes: readonly { readonly part: string; readonly note: string }[];
}

/** Where the parts of a service say whether they can do their work. Checks are synchronous: a probe must never hang. */
export class HealthRegistry {
  private readonly checks = new Map<string, HealthCheck>();
  private readonly remarks: { readonly part: string; readonly check: HealthCheck }[] = [];

  /** @returns how to take the check away again */
  register(part: string, check: HealthCheck): () => void {
    if (this.checks.has(part)) throw new Error(`Two parts report their health as "${part}".`);
    this.checks.set(part, check);
    return () => this.checks.delete(part);
  }

  /** As `register`, for what is wrong and leaves the service ready: it goes on with what it has. */
  remark(part: string, check: HealthCheck): void {
    this.remarks.push({ part, check });
  }

  report(): HealthReport {
    const reasons = [...this.checks].flatMap(([part, check]) => check().map((reason) => ({ part, reason })));
    const notes = this.remarks.flatMap(({ part, check }) => check().map((note) => ({ part, note })));
    return { ready: reasons.length === 0, reasons, notes };
  }
}
