import { HEADER } from '#contracts';
import type { OutboundMessage } from '#platform/outcomes';
import { originalHeadersOf, type QuarantineEntry } from './quarantine-entry.js';

export interface ReplayPlan {
  readonly replay: readonly QuarantineEntry[];
  /** Put back before, by this command, and so left alone. */
  readonly alreadyReplayed: readonly QuarantineEntry[];
  /** Their headers do not say where they came from. */
  readonly homeless: readonly QuarantineEntry[];
}

/**
 * @param replayed ids that `eddyline_replay_of` headers on the original topics name
 * @param again replay those too
 */
export function planReplay(
  entries: readonly QuarantineEntry[],
  replayed: ReadonlySet<string>,
  again: boolean,
): ReplayPlan {
  const homeless = entries.filter((entry) => entry.origin.partition < 0 || entry.origin.topic === 'unknown');
  const returnable = entries.filter((entry) => !homeless.includes(entry));
  return {
    homeless,
    alreadyReplayed: again ? [] : returnable.filter((entry) => replayed.has(entry.id)),
    replay: again ? returnable : returnable.filter((entry) => !replayed.has(entry.id)),
  };
}

/**
 * The original record as it came, for where it came from. It goes to the partition it came from, so that it meets the
 * state (deduplication, references) that its key has there. The header that names the quarantine record is the durable
 * mark of the replay: mark and record are one write, so a replay that dies half-way and is run again repeats nothing.
 */
export function toReplayMessage(entry: QuarantineEntry): OutboundMessage {
  return {
    topic: entry.origin.topic,
    partition: entry.origin.partition,
    // A null key stays null: the explicit partition above keeps a retry from moving the message, which is why others may not.
    key: entry.key as Buffer,
    value: entry.value,
    headers: {
      ...originalHeadersOf(entry),
      [HEADER.attempt]: String(entry.attempt + 1),
      [HEADER.replayOf]: entry.id,
    },
  };
}
