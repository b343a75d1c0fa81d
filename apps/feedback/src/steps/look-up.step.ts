import type { Label } from '#domain/labels';
import { keyAndTime, type KeyAndTime, type LoggedPrediction } from '#platform/clickhouse';
import type { ServedPredictions } from '../ports.js';
import type { ReadLabel } from './read-label.step.js';

/** The prediction that a label is about, or undefined. */
export type Found = (event: Label['event']) => LoggedPrediction | undefined;

/** Makes the step that finds the predictions of a batch of labels, with one query. */
export function createLookUpStep(predictions: ServedPredictions) {
  /** @throws Retriable while the log cannot be read */
  return async function lookUpStep(labels: readonly ReadLabel[]): Promise<Found> {
    const ids = new Set<string>();
    const moments = new Map<string, KeyAndTime>();
    for (const { label } of labels) {
      if (label.event.by === 'id') ids.add(label.event.id);
      else moments.set(keyAndTime(label.event), label.event);
    }
    const byId = await predictions.byIds([...ids]);
    const byMoment = await predictions.byKeysAndTimes([...moments.values()]);
    return (event) => (event.by === 'id' ? byId.get(event.id) : byMoment.get(keyAndTime(event)));
  };
}
