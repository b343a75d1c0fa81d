import type { AlertRecord } from '#contracts';
import type { AlertFact } from './simulate-monitors.js';

/** Changes of alerts of two runs, held against each other. Each list is in the order of window ends. */
export interface AlertComparison {
  readonly same: number;
  readonly onlySimulated: readonly AlertFact[];
  readonly onlyRecorded: readonly AlertFact[];
  /** The same change, with another value or threshold. */
  readonly different: readonly { readonly simulated: AlertFact; readonly recorded: AlertFact }[];
}

export function toAlertFact({ id, state, severity, window_end, value, threshold }: AlertRecord): AlertFact {
  return { id, state, severity, windowEnd: window_end, value, threshold };
}

/** A change is the same when it is of the same alert, to the same state and severity, in the same window. */
export function compareAlerts(simulated: readonly AlertFact[], recorded: readonly AlertFact[]): AlertComparison {
  const left = new Map(recorded.map((fact) => [keyOf(fact), fact]));
  const onlySimulated: AlertFact[] = [];
  const different: { simulated: AlertFact; recorded: AlertFact }[] = [];
  let same = 0;
  for (const fact of simulated) {
    const twin = left.get(keyOf(fact));
    left.delete(keyOf(fact));
    if (twin === undefined) onlySimulated.push(fact);
    else if (twin.value === fact.value && twin.threshold === fact.threshold) same++;
    else different.push({ simulated: fact, recorded: twin });
  }
  return { same, onlySimulated, onlyRecorded: [...left.values()], different };
}

function keyOf({ id, state, severity, windowEnd }: AlertFact): string {
  return JSON.stringify([id, state, severity, windowEnd]);
}
