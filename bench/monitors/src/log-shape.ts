/** A window of half an hour is then about 200,000 predictions. */
export const EVENTS_PER_SECOND = 115;
export const FIRST_EVENT_MS = Date.UTC(2026, 0, 1);
export const LABEL_DELAY_MS = 30 * 60_000;
export const PARTITIONS = 3;
