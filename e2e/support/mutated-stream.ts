import { seededRandom } from '#platform/testing';
import type { QuarantineReason } from '#contracts';
import type { OutboundMessage } from '#platform/outcomes';
import type { HalfHour } from './half-hours.js';
import { forgedHeaders } from './forged-headers.js';

/** What must become of a record: one of two where chance decides, as a flipped bit may leave a good event of another value. */
export type Fate =
  | { readonly kind: 'passes'; readonly eventId: string }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'quarantined'; readonly reason: QuarantineReason }
  | { readonly kind: 'passes or quarantined' };

export interface MutatedRecord {
  readonly message: OutboundMessage & { readonly partition: number };
  /** What was done to it, for telling. */
  readonly mutation: string;
  readonly fate: Fate;
}

/** A schema of the registry that belongs to another subject, and how values are written under it. */
export interface ForeignSchema {
  readonly id: number;
  readonly encode: (event: unknown) => Buffer;
}

export interface MutatedStreamOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly count: number;
  readonly seed: number;
  readonly encode: (event: HalfHour) => Buffer;
  readonly anEvent: (n: number, parts?: Partial<HalfHour>) => HalfHour;
  readonly foreign: {
    /** Has a field more than the pipeline needs. */
    readonly wider: ForeignSchema;
    /** Lacks a field that the pipeline needs. */
    readonly narrower: ForeignSchema;
    /** Nothing like an event. */
    readonly stranger: ForeignSchema;
  };
  /** Largest record that the topic takes. */
  readonly maxBytes: number;
}

/** Of all records; the rest is mutated. */
const INTACT_RATIO = 0.55;
const REPEATED_RATIO = 0.01;
const FORGED_HEADERS_RATIO = 0.15;
/** A giant takes as long as a thousand others: so many in all. */
const GIANTS = 24;
const HEADER_BYTES = 5;

type Draw = ReturnType<typeof drawFrom>;
type Mutation = (value: Buffer, draw: Draw) => { readonly value: Buffer | null; readonly fate: Fate };

const either: Fate = { kind: 'passes or quarantined' };
const quarantined = (reason: QuarantineReason): Fate => ({ kind: 'quarantined', reason });

/** Each leaves the value that it is given as it was. */
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'bits flipped': (value, draw) => {
    const copy = Buffer.from(value);
    for (let flips = 1 + draw.below(4); flips > 0; flips--) {
      copy[HEADER_BYTES + draw.below(copy.length - HEADER_BYTES)]! ^= 1 << draw.below(8);
    }
    return { value: copy, fate: either };
  },
  'bytes overwritten': (value, draw) => {
    const copy = Buffer.from(value);
    const at = HEADER_BYTES + draw.below(copy.length - HEADER_BYTES);
    draw.bytes(1 + draw.below(12)).copy(copy, at);
    return { value: copy, fate: either };
  },
  'bytes inserted': (value, draw) => {
    const at = HEADER_BYTES + draw.below(value.length - HEADER_BYTES);
    const more = draw.bytes(1 + draw.below(16));
    return { value: Buffer.concat([value.subarray(0, at), more, value.subarray(at)]), fate: either };
  },
  'body of chance': (value, draw) => ({
    value: Buffer.concat([value.subarray(0, HEADER_BYTES), draw.bytes(draw.below(300))]),
    fate: either,
  }),
  truncated: (value, draw) => ({
    value: value.subarray(0, HEADER_BYTES + draw.below(value.length - HEADER_BYTES)),
    fate: quarantined('truncated'),
  }),
  'bytes left over': (value, draw) => ({
    value: Buffer.concat([value, draw.bytes(1 + draw.below(40))]),
    fate: quarantined('truncated'),
  }),
  'header cut': (value, draw) => ({
    value: value.subarray(0, 1 + draw.below(HEADER_BYTES - 1)),
    fate: quarantined('not_avro'),
  }),
  'wrong magic byte': (value, draw) => {
    const copy = Buffer.from(value);
    copy[0] = 1 + draw.below(255);
    return { value: copy, fate: quarantined('not_avro') };
  },
  'unknown schema id': (value, draw) => {
    const copy = Buffer.from(value);
    // Few ids, as a broken producer has: each is asked for once, and again after a while.
    copy.writeInt32BE(draw.below(2) === 0 ? 2_000_000_000 + draw.below(200) : -1 - draw.below(200), 1);
    return { value: copy, fate: quarantined('unknown_schema') };
  },
  'no bytes': () => ({ value: Buffer.alloc(0), fate: quarantined('empty_value') }),
  'null value': () => ({ value: null, fate: quarantined('empty_value') }),
};
const MUTATION_NAMES = Object.keys(MUTATIONS);

/**
 * Intact events mixed with mutated ones, all of it decided by the seed. Mutated events are events of their own, never sent
 * intact, and an id carries a sum of its number: so no mutation makes one event of another.
 */
export function* mutatedStream(options: MutatedStreamOptions): Generator<MutatedRecord> {
  const { topic, partitions, count, seed, encode, anEvent, foreign, maxBytes } = options;
  const draw = drawFrom(seed);
  const passed: OutboundMessage[] = [];
  const giantEvery = Math.ceil(count / GIANTS);
  for (let n = 0; n < count; n++) {
    const partition = n % partitions;
    const event = anEvent(n, { event_id: idOf(n) });
    const key = keyOf(event.event_id, draw);
    const intact = encode(event);
    const record = (value: Buffer | null, mutation: string, fate: Fate): MutatedRecord => {
      const forged = draw.ratio() < FORGED_HEADERS_RATIO;
      const headers = forged ? forgedHeaders((limit) => draw.below(limit)) : undefined;
      const message = { topic, partition, key, value, ...(headers === undefined ? {} : { headers }) };
      return { message, mutation: forged ? `${mutation}, headers forged` : mutation, fate };
    };
    const passes: Fate = { kind: 'passes', eventId: event.event_id };
    if (n % giantEvery === giantEvery - 1) {
      const size = maxBytes - 2_000 - draw.below(maxBytes / 2);
      if (draw.below(2) === 0) yield record(Buffer.alloc(size, intact), 'giant of nonsense', quarantined('truncated'));
      else {
        const giant = encode({ ...event, event_id: event.event_id.padEnd(size, 'x') });
        yield record(giant, 'giant id', quarantined('length'));
      }
      continue;
    }
    const lot = draw.ratio();
    if (lot < REPEATED_RATIO && passed.length >= partitions) {
      // Deduplication is a partition's own: the same key, the same partition.
      const again = passed[draw.below(passed.length)]!;
      yield { message: { ...again, partition: again.partition! }, mutation: 'sent twice', fate: { kind: 'dropped' } };
    } else if (lot < INTACT_RATIO) {
      const sent = record(intact, 'intact', passes);
      passed.push(sent.message);
      yield sent;
    } else if (lot < INTACT_RATIO + 0.02) yield record(foreign.wider.encode(event), 'wider schema', passes);
    else if (lot < INTACT_RATIO + 0.04) {
      yield record(foreign.narrower.encode(event), 'narrower schema', quarantined('missing_field'));
    } else if (lot < INTACT_RATIO + 0.06) {
      const { id } = foreign.stranger;
      const value = Buffer.from(intact);
      value.writeInt32BE(id, 1);
      // Whether the reader's fields are missing there is known before a byte of the body is read.
      yield record(value, "another subject's schema", quarantined('missing_field'));
    } else {
      const name = MUTATION_NAMES[draw.below(MUTATION_NAMES.length)]!;
      const { value, fate } = MUTATIONS[name]!(intact, draw);
      yield record(value, name, fate);
    }
  }
}

function idOf(n: number): string {
  return `m-${n}-${Math.imul(n + 1, 0x9e3779b1) >>> 0}`;
}

/** Mostly the event's id, as a good producer has it; else nothing or bytes of chance. The partition is told anyway. */
function keyOf(eventId: string, draw: Draw): Buffer | string | null {
  const lot = draw.below(50);
  if (lot === 0) return null;
  return lot === 1 ? draw.bytes(draw.below(40)) : eventId;
}

function drawFrom(seed: number) {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
  return { below, bytes, ratio: random };
}
