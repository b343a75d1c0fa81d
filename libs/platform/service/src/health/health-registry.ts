/** Why a part is not ready; empty when it is. */
export type HealthCheck = () => readonly string[];

export interface HealthReport {
  readonly ready: boolean;
  readonly reasons: readonly { readonly part: string; readonly reason: string }[];
}

/** Where the parts of a service say whether they can do their work. Checks are synchronous: a probe must never hang. */
export class HealthRegistry {
  private readonly checks = new Map<string, HealthCheck>();

  /** @returns how to take the check away again */
  register(part: string, check: HealthCheck): () => void {
    if (this.checks.has(part)) throw new Error(`Two parts report their health as "${part}".`);
    this.checks.set(part, check);
    return () => this.checks.delete(part);
  }

  report(): HealthReport {
    const reasons = [...this.checks].flatMap(([part, check]) => check().map((reason) => ({ part, reason })));
    return { ready: reasons.length === 0, reasons };
  }
}
