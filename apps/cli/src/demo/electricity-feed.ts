import { HEADER, type AppliedPipeline } from '#contracts';
import type { AvroCodecs } from '#platform/avro';
import { eventKind } from '../publish/event-preparation.js';
import { openEventSource, type SourceRow } from '../publish/event-source.js';
import type { Preparation } from '../publish/publish-events.js';
import { prepareRecords } from '../publish/record-preparation.js';
import type { SendSpan } from '../publish/send-span.js';

/** Half-hours of the data. */
export const ROWS = 45_312;
export const STEP_MS = 30 * 60_000;
const YEAR_MS = 365 * 24 * 3_600_000;
/** One event in so many is spoiled on purpose, one in so many is sent twice. */
export const SPOIL_EVERY = 250;
export const REPEAT_EVERY = 200;
export const RUN_HEADER = 'demo_run';

const SPOILS = ['range', 'late', 'truncated', 'unknown_schema', 'not_avro', 'empty_value'] as const;
type Spoil = (typeof SPOILS)[number];

/** What the feed has handed out; what the log must hold in the end. */
export interface Expected {
  good: number;
  spoiled: number;
  repeated: number;
  /** Labels: one for each half-hour, those of spoiled ones too. */
  labels: number;
}

/** What became of the price in a half-hour, as the market says when the next one closes. */
export interface HalfHourLabel {
  readonly event_id: string;
  readonly price_went_up: number;
  /** ms since epoch. */
  readonly known_at: number;
}

/**
 * Electricity's half-hours, one after the other and round again, re-dated so that the stream's time goes on from
 * `fromMs`: a second demo continues where the first one stopped. Ids begin with the run, so that a run can be told from
 * whatever else is on the log.
 */
export class ElectricityFeed {
  readonly expected: Expected = { good: 0, spoiled: 0, repeated: 0, labels: 0 };
  private labels: HalfHourLabel[] = [];

  constructor(
    private readonly file: string,
    private readonly run: string,
    private readonly fromMs: number,
  ) {}

  /** @param most half-hours */
  async *rows(most = Infinity): AsyncGenerator<SourceRow> {
    let row = 0;
    for (;;) {
      const source = await openEventSource(this.file);
      try {
        for await (const half of source.rows) {
          if (half.kind !== 'fields') continue;
          if (++row > most) return;
          const event = this.dated(half.fields, row);
          const spoil = row % SPOIL_EVERY === 0 ? SPOILS[(row / SPOIL_EVERY) % SPOILS.length]! : null;
          yield { line: half.line, row, kind: 'fields', fields: { ...event, spoil } };
          if (spoil !== null) this.expected.spoiled++;
          else this.expected.good++;
          if (spoil === null && row % REPEAT_EVERY === 0) {
            this.expected.repeated++;
            yield { line: half.line, row, kind: 'fields', fields: { ...event, spoil } };
          }
          this.labels.push(labelOf(event));
        }
      } finally {
        source.close();
      }
    }
  }

  /** Labels of the half-hours that have closed since the last call: each is known half an hour after its event. */
  takeLabels(): readonly HalfHourLabel[] {
    const labels = this.labels;
    this.labels = [];
    this.expected.labels += labels.length;
    return labels;
  }

  /** Row → message, spoiled where the row says so. */
  prepare(
    applied: AppliedPipeline,
    codecs: AvroCodecs,
    startSpan: () => SendSpan,
  ): (fields: Readonly<Record<string, unknown>>) => Preparation {
    const prepare = prepareRecords(eventKind(applied), codecs, { texts: true, startSpan });
    return ({ spoil, ...fields }) => {
      const prepared = prepare(spoiledFields(fields, spoil as Spoil | null));
      if (!prepared.ok) return prepared;
      const { message, settled } = prepared.event;
      const headers = { ...message.headers, [RUN_HEADER]: this.run, [HEADER.ceSource]: 'eddyline/demo' };
      const value = spoiledValue(message.value!, spoil as Spoil | null);
      return { ok: true, event: { message: { ...message, headers, value }, ...(settled && { settled }) } };
    };
  }

  private dated(fields: Readonly<Record<string, unknown>>, row: number): Record<string, unknown> {
    return {
      ...fields,
      event_id: `nsw-${this.run}-${String(row).padStart(7, '0')}`,
      // Half an hour a row until the stream has caught up with the present, then the present: events of the future would
      // stand outside the window of deduplication for ever.
      at: new Date(Math.min(this.fromMs + row * STEP_MS, Date.now())).toISOString(),
    };
  }
}

function labelOf({ event_id, at, price_went_up }: Readonly<Record<string, unknown>>): HalfHourLabel {
  return {
    event_id: String(event_id),
    price_went_up: Number(price_went_up),
    known_at: Date.parse(String(at)) + STEP_MS,
  };
}

function spoiledFields(
  fields: Readonly<Record<string, unknown>>,
  spoil: Spoil | null,
): Readonly<Record<string, unknown>> {
  if (spoil === 'range') return { ...fields, nsw_demand: '7.5' };
  if (spoil === 'late')
    return { ...fields, at: new Date(Date.parse(String(fields['at'])) - 2 * YEAR_MS).toISOString() };
  return fields;
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
