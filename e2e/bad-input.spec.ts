import { HEADER, topicOf, type AvroRecordSchema, type QuarantineReason } from '#contracts';
import type { LogRecord } from '#platform/kafka';
import { eventually, uniqueName } from '#platform/testing';
import { halfHours, type HalfHour } from './support/half-hours.js';
import { ServiceProcesses } from './support/service-processes.js';
import { TestPipeline } from './support/test-pipeline.js';

const PARTITION = 1;
const YEAR_MS = 365 * 24 * 3_600_000;
const LIMIT_BYTES = 8_192;
const NOTE = { name: 'note', type: ['null', 'string'], default: null };

let pipeline: TestPipeline;
let services: ServiceProcesses;
let aHalfHour: (n: number, parts?: Partial<HalfHour>) => HalfHour;
let encode: (event: unknown) => Buffer;
/** Numbers of events: time goes on from each to the next. */
let n = 0;

beforeAll(async () => {
  pipeline = await TestPipeline.create('bad-input', {
    yaml: (text) => text.replace('retention: 7d', `retention: 7d, maxMessageBytes: ${LIMIT_BYTES}`),
    schema: ({ fields, ...schema }) => ({ ...schema, fields: [...fields, NOTE] }),
  });
  aHalfHour = halfHours(pipeline.name);
  encode = pipeline.encoder();
  services = new ServiceProcesses(pipeline.name, { EDDYLINE_WATERMARK_POLL: '100ms' });
  await services.start('ingestion', 'validation', 'inference', 'monitoring');
  // The stream has a time before anything can be late against it.
  await publish(encode(aHalfHour(++n)), 'first');
  await eventually(async () => expect(await isLogged(aHalfHour(n).event_id)).toBe(true));
});

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
});

function publish(value: Buffer | null, key: string, headers: Record<string, string> = {}): Promise<void> {
  return pipeline.publisher.publish([{ topic: pipeline.topic('events'), partition: PARTITION, key, value, headers }]);
}

async function isLogged(eventId: string): Promise<boolean> {
  const rows = await pipeline.rows(
    `SELECT 1 FROM ${pipeline.database}.predictions WHERE event_id = '${eventId}' AND input_partition = ${PARTITION}`,
  );
  return rows.length === 1;
}

async function quarantined(key: string): Promise<LogRecord> {
  return eventually(async () => {
    const found = (await pipeline.read('quarantine')).filter((record) => record.key?.toString() === key);
    expect(found).toHaveLength(1);
    return found[0]!;
  });
}

/** A schema of another producer, under another subject, in which a field that the pipeline needs does not exist. */
async function encoderWithout(field: string): Promise<(event: unknown) => Buffer> {
  const { schema } = pipeline.applied.definition.event;
  const without: AvroRecordSchema = { ...schema, fields: schema.fields.filter(({ name }) => name !== field) };
  return pipeline.codecs.encoderFor(without, await pipeline.registry.register(uniqueName('elsewhere'), without));
}

interface Bad {
  readonly what: string;
  readonly value: () => Buffer | null | Promise<Buffer>;
  readonly reason: QuarantineReason;
  /** What the sentence must say for a person to know what to mend. */
  readonly says: RegExp;
}

const BAD: readonly Bad[] = [
  {
    what: 'a truncated Avro body',
    value: () => encode(aHalfHour(n)).subarray(0, -9),
    reason: 'truncated',
    says: /end|short|byte/i,
  },
  {
    what: 'bytes left over',
    value: () => Buffer.concat([encode(aHalfHour(n)), Buffer.from('tail')]),
    reason: 'truncated',
    says: /4 bytes|left/i,
  },
  {
    what: 'an unknown schema id',
    value: () => Buffer.concat([Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]), encode(aHalfHour(n)).subarray(5)]),
    reason: 'unknown_schema',
    says: /2147483647/,
  },
  {
    what: 'plain JSON',
    value: () => Buffer.from(JSON.stringify(aHalfHour(n))),
    reason: 'not_avro',
    says: /JSON|wire format/,
  },
  { what: 'an empty value', value: () => null, reason: 'empty_value', says: /value/ },
  {
    what: 'a value of no bytes',
    value: () => Buffer.alloc(0),
    reason: 'empty_value',
    says: /value/,
  },
  {
    what: 'a missing required field',
    value: async () => (await encoderWithout('nsw_demand'))(aHalfHour(n)),
    reason: 'missing_field',
    says: /nsw_demand/,
  },
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((number): Bad => ({
    what: String(number),
    value: () => encode(aHalfHour(n, { vic_price: number })),
    reason: 'not_finite',
    says: /vic_price/,
  })),
  {
    what: 'a value out of range',
    value: () => encode(aHalfHour(n, { nsw_demand: 7.5 })),
    reason: 'range',
    says: /nsw_demand.*7\.5/,
  },
  {
    what: 'an event two years late',
    value: () => encode(aHalfHour(n, { at: aHalfHour(n).at - 2 * YEAR_MS })),
    reason: 'late',
    says: /at /,
  },
];

describe('on Kafka', () => {
  it.each(BAD)('$what goes to quarantine, and the next good event is scored', async ({ value, reason, says }) => {
    n++;
    const key = uniqueName('bad');
    const bad = await value();
    const [before] = (await pipeline.positions('validation')).filter(({ partition }) => partition === PARTITION);
    await publish(bad, key, { source: 'a producer' });
    const good = aHalfHour(++n);
    await publish(encode(good), good.event_id);

    const record = await quarantined(key);
    const header = (name: string): string | undefined => record.headers[name]?.toString();
    expect(header(HEADER.quarantineStage)).toBe('validation');
    expect(header(HEADER.quarantineReason)).toBe(reason);
    expect(header(HEADER.quarantineMessage)).toMatch(says);
    expect(header(HEADER.quarantineTopic)).toBe(pipeline.topic('events'));
    expect(header(HEADER.quarantinePartition)).toBe(String(PARTITION));
    expect(header(HEADER.quarantineOffset)).toBe(String(before!.high));
    expect(header('source')).toBe('a producer');
    expect(record.value).toEqual(bad);

    await eventually(async () => expect(await isLogged(good.event_id)).toBe(true));
    const rows = await eventually(async () => {
      const found = await pipeline.rows<Record<string, unknown>>(
        `SELECT stage, reason, message, topic, partition, offset, hex(value) AS value, isNull(value) AS empty, attempt
         FROM ${pipeline.database}.quarantine WHERE key = '${key}'`,
      );
      expect(found).toHaveLength(1);
      return found;
    });
    expect(rows[0]).toEqual({
      stage: 'validation',
      reason,
      message: header(HEADER.quarantineMessage),
      topic: pipeline.topic('events'),
      partition: PARTITION,
      offset: before!.high,
      value: bad === null ? null : bad.toString('hex').toUpperCase(),
      empty: bad === null ? 1 : 0,
      attempt: 1,
    });
  });

  it('a record over the limit is refused by the broker, and the next good event is scored', async () => {
    const large = encode(aHalfHour(++n, { note: 'x'.repeat(LIMIT_BYTES) }));
    const producer = pipeline.kafka.producer({ retry: { retries: 0 } });
    await producer.connect();
    await expect(
      producer.send({ topic: pipeline.topic('events'), messages: [{ key: 'large', value: large }] }),
    ).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' });
    await producer.disconnect();
    const good = aHalfHour(++n);
    await publish(encode(good), good.event_id);
    await eventually(async () => expect(await isLogged(good.event_id)).toBe(true));
  });
});

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
}

async function post(body: string, contentType = 'application/json'): Promise<Answer> {
  const response = await fetch(`${await services.urlOf('ingestion')}/v1/pipelines/${pipeline.name}/events`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
  });
  const json = (await response.json()) as Record<string, unknown>;
  return { status: response.status, type: response.headers.get('content-type'), body: json };
}

describe('over HTTP', () => {
  it('a batch has a problem for each bad event, and takes the good ones', async () => {
    const first = aHalfHour(++n);
    const { nsw_demand: _left, ...incomplete } = aHalfHour(++n);
    const outOfRange = aHalfHour(++n, { nsw_demand: 7.5 });
    const infinite = JSON.stringify(aHalfHour(++n)).replace(/"vic_price":[^,]*/, '"vic_price":1e999');
    const tooLarge = aHalfHour(++n, { note: 'x'.repeat(LIMIT_BYTES) });
    const late = aHalfHour(++n, { at: first.at - 2 * YEAR_MS });
    const last = aHalfHour(++n);
    const items = [first, incomplete, outOfRange, tooLarge, null, late, last].map((item) => JSON.stringify(item));
    items.splice(3, 0, infinite);
    // Lateness is judged by what validation has committed of every partition: until then the door lets it pass.
    for (let partition = 0; partition < pipeline.applied.definition.topics.partitions; partition++) {
      const event = aHalfHour(++n);
      await pipeline.publisher.publish([
        { topic: pipeline.topic('events'), partition, key: event.event_id, value: encode(event) },
      ]);
    }
    await eventually(async () => {
      const probe = await post(JSON.stringify(aHalfHour(n, { event_id: 'probe', at: late.at })));
      expect(probe.status).toBe(422);
    });

    const { status, body } = await post(`[${items.join(',')}]`);
    expect(status).toBe(207);
    expect(body).toMatchObject({ accepted: 2, refused: 6 });
    const problem = (code: string, of: number, more: object = {}): object => ({
      status: of,
      problem: { type: `urn:eddyline:problem:${code}`, status: of, title: expect.any(String), ...more },
    });
    expect(body['results']).toMatchObject([
      { index: 0, status: 202, id: first.event_id },
      problem('missing_field', 422, { errors: [{ pointer: '/nsw_demand', code: 'missing_field' }] }),
      problem('range', 422, { errors: [{ pointer: '/nsw_demand', code: 'range' }] }),
      problem('not_finite', 422, { errors: [{ pointer: '/vic_price', code: 'not_finite' }] }),
      problem('too_large', 413, { limitBytes: LIMIT_BYTES, detail: expect.stringContaining(String(LIMIT_BYTES)) }),
      problem('type', 422),
      problem('late', 422, { errors: [{ pointer: '/at', code: 'late' }] }),
      { index: 7, status: 202, id: last.event_id },
    ]);
    await eventually(async () => {
      const [row] = await pipeline.rows<{ logged: number }>(
        `SELECT count() AS logged FROM ${pipeline.database}.predictions WHERE event_id IN ('${first.event_id}', '${last.event_id}')`,
      );
      expect(row).toEqual({ logged: 2 });
    });
  });

  it.each([
    ['truncated JSON', '{"event_id": "a", "at"', 400, 'invalid_json'],
    ['NaN, which JSON has not', '{"nsw_price": NaN}', 400, 'invalid_json'],
    ['Infinity, which JSON has not', '{"nsw_price": -Infinity}', 400, 'invalid_json'],
    ['an empty body', '', 400, 'empty_body'],
  ])('%s is a problem of its own', async (_what, text, status, code) => {
    const answer = await post(text);
    expect(answer).toMatchObject({ status, body: { type: `urn:eddyline:problem:${code}`, status } });
    expect(answer.type).toContain('application/problem+json');
  });

  it('a line that cannot be read leaves the others alone', async () => {
    const event = aHalfHour(++n);
    const { status, body } = await post(`{"event_id":\n${JSON.stringify(event)}\n`, 'application/x-ndjson');
    expect(status).toBe(207);
    expect(body['results']).toMatchObject([
      { line: 1, status: 400, problem: { type: 'urn:eddyline:problem:invalid_json' } },
      { line: 2, status: 202, id: event.event_id },
    ]);
  });

  it('an event over the limit of the topic is answered with 413 and the limit', async () => {
    const answer = await post(JSON.stringify(aHalfHour(++n, { note: 'x'.repeat(LIMIT_BYTES) })));
    expect(answer).toMatchObject({
      status: 413,
      body: {
        type: 'urn:eddyline:problem:too_large',
        limitBytes: LIMIT_BYTES,
        detail: expect.stringContaining(`${topicOf(pipeline.name, 'events')} takes at most ${LIMIT_BYTES}`),
      },
    });
  });
});
