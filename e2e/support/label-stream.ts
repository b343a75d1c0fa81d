import type { OutboundMessage } from '#platform/outcomes';
import { seededRandom, shuffled } from '#platform/testing';

/** A label of the electricity pipeline; `known_at` in ms since epoch. */
export interface PriceMovement extends Record<string, unknown> {
  readonly event_id: string;
  readonly price_went_up: number;
  readonly known_at: number;
}

/** An event, as far as its label is concerned. */
export interface LabelledEvent {
  readonly event_id: string;
  readonly at: number;
}

/** What must have become of the labels in the end. */
export interface LabelOracle {
  /** Of each event the label that holds, by event id. */
  readonly holding: ReadonlyMap<string, PriceMovement>;
  /** Labels that find their prediction, repetitions and corrections among them. */
  readonly joined: number;
  /** Ids that no event has, with how often their labels are sent. */
  readonly orphans: ReadonlyMap<string, number>;
}

export interface LabelStream {
  readonly oracle: LabelOracle;
  /** Labels of events that are still to come, in an order by chance. */
  readonly early: readonly OutboundMessage[];
  /** The others: orphans, corrections and repetitions among them, in an order by chance. */
  readonly rest: readonly OutboundMessage[];
}

const TIMES_SENT = 3;
const CORRECTED = 0.1;
const ORPHANED = 0.05;
const EARLY = 0.2;
const HALF_HOUR_MS = 30 * 60_000;

/**
 * Labels for all events: each sent three times, one in ten corrected later, one in five before its event; and as many as a
 * twentieth of them for events that never were.
 *
 * @param orphansBeforeMs latest time at which a label without an event says to have become known
 */
export function labelStream(
  topic: string,
  events: readonly LabelledEvent[],
  orphansBeforeMs: number,
  seed: number,
  encode: (label: PriceMovement) => Buffer,
): LabelStream {
  const random = seededRandom(seed);
  const drawn = shuffled(events, random);
  const isEarly = new Set(drawn.slice(0, Math.round(events.length * EARLY)).map(({ event_id }) => event_id));
  const isCorrected = new Set(
    shuffled(events, random)
      .slice(0, Math.round(events.length * CORRECTED))
      .map(({ event_id }) => event_id),
  );
  const holding = new Map<string, PriceMovement>();
  const orphans = new Map<string, number>();
  const early: PriceMovement[] = [];
  const rest: PriceMovement[] = [];
  let joined = 0;
  const send = (label: PriceMovement, before: boolean): void => {
    for (let time = 0; time < TIMES_SENT; time++) (before ? early : rest).push(label);
  };
  for (const { event_id, at } of events) {
    const label = { event_id, price_went_up: random() < 0.5 ? 1 : 0, known_at: at + HALF_HOUR_MS };
    const correction = { ...label, price_went_up: 1 - label.price_went_up, known_at: label.known_at + HALF_HOUR_MS };
    const labels = isCorrected.has(event_id) ? [label, correction] : [label];
    for (const one of labels) send(one, isEarly.has(event_id));
    joined += labels.length * TIMES_SENT;
    holding.set(event_id, labels.at(-1)!);
  }
  const firstMs = events[0]!.at;
  for (let n = 0; n < Math.round(events.length * ORPHANED); n++) {
    const event_id = `nobody-${n}`;
    const known_at = Math.round(firstMs + random() * (orphansBeforeMs - firstMs));
    send({ event_id, price_went_up: 1, known_at }, false);
    orphans.set(event_id, TIMES_SENT);
  }
  const messagesOf = (labels: readonly PriceMovement[]): readonly OutboundMessage[] =>
    shuffled(labels, random).map((label) => ({ topic, key: label.event_id, value: encode(label) }));
  return { oracle: { holding, joined, orphans }, early: messagesOf(early), rest: messagesOf(rest) };
}
