import { seededRandom } from '#platform/testing';
import type { QuarantineReason } from '#contracts';
import type { OutboundMessage } from '#platform/outcomes';
import type { HalfHour } from './half-hours.js';

const YEAR_MS = 365 * 24 * 3_600_000;
const SPOIL_EVERY = 100;
const REPEAT_EVERY = 200;
/** Most events between an event and its repetition: within the window of deduplication, across many batches. */
const REPEAT_WITHIN = 1_500;

const SPOILS = [
  'range',
  'late',
  'truncated',
  'unknown_schema',
  'not_avro',
  'empty_value',
  'not_finite',
] as const satisfies readonly QuarantineReason[];
type Spoil = (typeof SPOILS)[number];

/** What must have become of the stream in the end. */
export interface Oracle {
  readonly published: number;
  /** Ids of the events that must be logged, once each. */
  readonly ids: ReadonlySet<string>;
  readonly quarantined: Readonly<Partial<Record<Spoil, number>>>;
  /** Repetitions, to be dropped. */
  readonly repeated: number;
}

export interface SpoiledStream {
  readonly oracle: Oracle;
  /** What must become of the first `count` messages alone, where the rest is never sent. */
  oracleOf(count: number): Oracle;
  /** What must become of what came to the topic: the copies of each event by its id. */
  oracleOfCopies(copies: ReadonlyMap<string, number>): Oracle;
  /** Messages `from` up to `to` (exclusive) of the `oracle.published` in all. */
  messages(from: number, to: number): OutboundMessage[];
}

type Slot = { readonly n: number; readonly spoil: Spoil | null; readonly repeats: boolean };

/**
 * So many events, of which one in a hundred is spoiled in a known way and one in two hundred is sent a second time, up to
 * 1,500 events later.
 */
export function spoiledStream(
  topic: string,
  count: number,
  seed: number,
  aHalfHour: (n: number, parts?: Partial<HalfHour>) => HalfHour,
  encode: (event: HalfHour) => Buffer,
): SpoiledStream {
  const random = seededRandom(seed);
  const slots: Slot[] = [];
  const due = new Map<number, number[]>();
  for (let n = 0; slots.length < count; n++) {
    for (const again of due.get(n) ?? []) slots.push({ n: again, spoil: null, repeats: true });
    const spoil = n % SPOIL_EVERY === SPOIL_EVERY - 1 ? SPOILS[Math.floor(n / SPOIL_EVERY) % SPOILS.length]! : null;
    slots.push({ n, spoil, repeats: false });
    if (spoil !== null || n % REPEAT_EVERY !== 0) continue;
    const at = n + 1 + Math.floor(random() * REPEAT_WITHIN);
    due.set(at, [...(due.get(at) ?? []), n]);
  }
  slots.length = count;
  const messageOf = ({ n, spoil }: Slot): OutboundMessage => {
    const event = aHalfHour(n, partsOf(spoil));
    if (spoil === 'late')
      return { topic, key: event.event_id, value: encode({ ...event, at: event.at - 2 * YEAR_MS }) };
    return { topic, key: event.event_id, value: spoiledValue(encode(event), spoil) };
  };
  const oracleOf = (published: number): Oracle => {
    const ids = new Set<string>();
    const quarantined: Partial<Record<Spoil, number>> = {};
    let repeated = 0;
    for (const { n, spoil, repeats } of slots.slice(0, published)) {
      if (spoil !== null) quarantined[spoil] = (quarantined[spoil] ?? 0) + 1;
      else if (repeats) repeated++;
      else ids.add(aHalfHour(n).event_id);
    }
    return { published, ids, quarantined, repeated };
  };
  const spoils = new Map(slots.map(({ n, spoil }) => [aHalfHour(n).event_id, spoil]));
  const oracleOfCopies = (copies: ReadonlyMap<string, number>): Oracle => {
    const ids = new Set<string>();
    const quarantined: Partial<Record<Spoil, number>> = {};
    let published = 0;
    for (const [id, count] of copies) {
      const spoil = spoils.get(id);
      if (spoil === undefined) throw new Error(`${id} was never published`);
      published += count;
      if (spoil === null) ids.add(id);
      else quarantined[spoil] = (quarantined[spoil] ?? 0) + count;
    }
    const refused = Object.values(quarantined).reduce((sum, of) => sum + of, 0);
    return { published, ids, quarantined, repeated: published - refused - ids.size };
  };
  return {
    oracle: oracleOf(count),
    oracleOf,
    oracleOfCopies,
    messages: (from, to) => slots.slice(from, to).map(messageOf),
  };
}

function partsOf(spoil: Spoil | null): Partial<HalfHour> {
  if (spoil === 'range') return { nsw_demand: 7.5 };
  if (spoil === 'not_finite') return { vic_price: Number.NaN };
  return {};
}

function spoiledValue(value: Buffer, spoil: Spoil | null): Buffer | null {
  switch (spoil) {
    case 'truncated':
      return value.subarray(0, value.length - 9);
    case 'unknown_schema':
      return Buffer.concat([Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]), value.subarray(5)]);
    case 'not_avro':
      return Buffer.from('{"event_id":"plain JSON where Avro is expected"}');
    case 'empty_value':
      return null;
    default:
      return value;
  }
}
