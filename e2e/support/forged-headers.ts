import { HEADER } from '#contracts';

type Headers = Readonly<Record<string, Buffer | string>>;

const NOT_UTF8 = Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x28]);

/** Headers as no well-meaning producer sends them. Kafka itself takes them all. */
const FORGERIES: readonly Headers[] = [
  { [HEADER.traceparent]: '00-zz-not-a-trace' },
  { [HEADER.traceparent]: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` },
  { [HEADER.traceparent]: Buffer.alloc(55, 0xff), [HEADER.tracestate]: NOT_UTF8 },
  { [HEADER.traceparent]: 'f'.repeat(4_096) },
  { [HEADER.ceId]: NOT_UTF8, [HEADER.ceType]: NOT_UTF8, [HEADER.ceTime]: 'the day before yesterday' },
  { [HEADER.ceId]: '', [HEADER.ceTime]: Buffer.alloc(0), [HEADER.ceSource]: '' },
  { [HEADER.ceSpecVersion]: '99.0', ce_: 'no name', CE_ID: 'shouted' },
  // As if another stage had spoken.
  { [HEADER.flags]: 'forged,,flag', [HEADER.attempt]: '-5' },
  { [HEADER.attempt]: '99999999999', [HEADER.quarantineStage]: 'inference', [HEADER.quarantineReason]: 'forged' },
  { [HEADER.attempt]: 'many', [HEADER.quarantineTopic]: 'elsewhere', [HEADER.quarantineOffset]: '1e400' },
  { [HEADER.quarantinePartition]: '-1', [HEADER.quarantineTimestamp]: '9'.repeat(40), [HEADER.quarantineAt]: 'never' },
  { [HEADER.replayOf]: '0-0', [HEADER.attempt]: '2' },
  // Names that objects have already.
  { ['__proto__']: 'polluted', constructor: 'forged', toString: 'forged', hasOwnProperty: 'forged' },
  { '': 'no name at all', 'ключ\n': 'text\u0000', '0': 'a number' },
  Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`x-${at}`, `value ${at}`])),
];

/** @param below a whole number from 0 up to a limit, by chance */
export function forgedHeaders(below: (limit: number) => number): Headers {
  return FORGERIES[below(FORGERIES.length)]!;
}
