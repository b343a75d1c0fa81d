import type { PipelineDefinition } from '#contracts';
import { SeenIds } from '#domain/deduplication';
import type { EventIdentity } from '#domain/event-schema';
import { OutlierReference, outlierReach } from '#domain/expectations';

/** What a definition wants remembered of the events that were accepted, and how it is read from them. */
export interface Memory {
  /** Equal keys: one state serves both definitions. */
  readonly key: string;
  /** Event time behind the watermark that must be remembered; 0: none. */
  readonly windowMs: number;
  /** Accepted events back that must be remembered; 0: none. */
  readonly reach: number;
  readonly schema: PipelineDefinition['event']['schema'];
  readonly identity: EventIdentity;
  emptyIds(): SeenIds | null;
  emptyOutliers(): OutlierReference;
}

export function memoryOf(definition: PipelineDefinition, identity: EventIdentity): Memory {
  const { dedupeWindowMs, event, expectations } = definition;
  const references = expectations.flatMap((it) => (it.kind === 'outlier' ? [`${it.field}:${it.window}`] : []));
  return {
    key: JSON.stringify([event.id, event.time, dedupeWindowMs, references]),
    windowMs: dedupeWindowMs ?? 0,
    reach: outlierReach(definition),
    schema: event.schema,
    identity,
    emptyIds: () => (dedupeWindowMs === null ? null : new SeenIds(dedupeWindowMs)),
    emptyOutliers: () => OutlierReference.empty(definition),
  };
}
