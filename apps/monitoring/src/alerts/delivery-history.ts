import type { AlertRecord } from '#contracts';
import type { AlertDeliveryRow, SettledDelivery } from '#platform/clickhouse';

type Change = Pick<AlertRecord, 'id' | 'state' | 'severity'>;
type Outcome = AlertDeliveryRow['outcome'];

/** Whom which changes of alerts were told: what is written down, and what was added since. */
export class DeliveryHistory {
  private readonly last = new Map<string, { readonly outcome: Outcome; readonly atMs: number }>();
  private readonly told = new Set<string>();

  constructor(settled: readonly SettledDelivery[]) {
    for (const { alert_id: id, state, severity, receiver, outcome, at_ms } of settled) {
      this.add({ id, state, severity }, receiver, outcome, Number(at_ms));
    }
  }

  add(change: Change, receiver: string, outcome: Outcome, atMs: number): void {
    this.last.set(keyOf(change, receiver), { outcome, atMs });
    if (outcome === 'delivered' && change.state === 'firing') this.told.add(`${receiver} ${change.id}`);
  }

  /** What became of a change the last time; undefined where nothing is known. */
  of(change: Change, receiver: string): { readonly outcome: Outcome; readonly atMs: number } | undefined {
    return this.last.get(keyOf(change, receiver));
  }

  /** Whether a receiver was ever told that an alert fires. */
  knowsOf(id: string, receiver: string): boolean {
    return this.told.has(`${receiver} ${id}`);
  }
}

function keyOf({ id, state, severity }: Change, receiver: string): string {
  return `${receiver} ${state} ${severity} ${id}`;
}
