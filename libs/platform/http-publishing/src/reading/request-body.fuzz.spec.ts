import fc from 'fast-check';
import { Problem } from '#platform/service';
import type { Place, Reading } from '../candidate.js';
import { readStructured } from './cloud-events.js';
import { BodyTooLarge, ndjsonLines, readLine } from './ndjson.js';
import { MEDIA_TYPE, readRequest } from './read-request.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

/** Lines as they come: good ones, and what ends up between them. */
const line = fc.oneof(
  fc.json().map((text) => Buffer.from(text.replaceAll('\n', ' '))),
  fc
    .constantFrom(
      '',
      ' ',
      '\t',
      '{',
      '{"a":1}{"b":2}',
      '{"__proto__":{"x":1}}',
      '{"a":1,"a":2}',
      '\ufeff{}',
      'NaN',
      '"€😀"',
    )
    .map(Buffer.from as (text: string) => Buffer),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10))),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => Buffer.from('['.repeat(depth))),
);
const body = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 12 }), fc.option(line))
  .map(([mark, lines, last]) =>
    Buffer.concat([
      Buffer.from(mark ? '\ufeff' : ''),
      ...lines.flatMap(([bytes, end]) => [bytes, Buffer.from(end)]),
      ...(last === null ? [] : [last]),
    ]),
  );
const cuts = fc.array(fc.nat(), { maxLength: 30 });

async function* inPieces(bytes: Buffer, at: readonly number[]): AsyncGenerator<Buffer> {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...places, bytes.length]) {
    yield bytes.subarray(from, to);
    from = to;
  }
}

async function read(bytes: Buffer, at: readonly number[], limitBytes: number) {
  const found: { line: number; text: string; ok: boolean; status: number | null }[] = [];
  let cutShort = false;
  try {
    for await (const { line: number, bytes: own } of ndjsonLines(inPieces(bytes, at), limitBytes)) {
      const reading = readLine(own);
      found.push({
        line: number,
        text: own.toString('latin1'),
        ok: reading.ok,
        status: reading.ok ? null : reading.problem.status,
      });
    }
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    cutShort = true;
  }
  return { found, cutShort };
}

/** The definition: all lines at once. */
function naively(bytes: Buffer): string[] {
  const text = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  return text.split('\n').map((it) => it.replace(/^[ \t\r]+|[ \t\r]+$/g, ''));
}

describe('an NDJSON body', () => {
  it('has each of its lines once, as an event or a 400, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(body, cuts, async (bytes, at) => {
        const { found, cutShort } = await read(bytes, at, 1_000_000);
        const expected = naively(bytes).flatMap((text, index) => (text === '' ? [] : [{ line: index + 1, text }]));
        expect(found.map(({ line: number, text }) => ({ line: number, text }))).toEqual(expected);
        for (const { ok, status } of found) expect(ok ? status : status === 400).toBe(ok ? null : true);
        expect(cutShort).toBe(false);
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it('is cut short at its limit, with the same lines before it, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(body, cuts, cuts, fc.nat({ max: 200 }), async (bytes, one, other, limit) => {
        const first = await read(bytes, one, limit);
        expect(await read(bytes, other, limit)).toEqual(first);
        expect(first.cutShort).toBe(bytes.length > limit);
        const all = await read(bytes, [], 1_000_000);
        expect(all.found.slice(0, first.found.length)).toEqual(first.found);
      }),
      { numRuns: 3 * RUNS },
    );
  });
});

const headerValue = fc.oneof(
  fc.string(),
  fc.constantFrom('%', '%ff', '1.0', 'application/json', 'a%20b'),
  fc.array(fc.string()),
);
const headers = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      'content-type',
      'content-length',
      'ce-id',
      'ce-specversion',
      'ce-type',
      'ce-source',
      'ce-time',
      'ce-__proto__',
      'ce-',
    ),
    fc.string().map((name) => `ce-${name}`),
  ),
  headerValue,
);
const mediaType = fc.constantFrom(
  MEDIA_TYPE.json,
  MEDIA_TYPE.cloudEvent,
  MEDIA_TYPE.cloudEventBatch,
  'text/plain',
  '',
  'a;b;c',
);

async function readingsOf(request: ReturnType<typeof readRequest>): Promise<Reading[]> {
  if (request.kind === 'one') return [request.reading];
  const readings: Reading[] = [];
  const places: Place[] = [];
  for await (const { place, reading } of request.items) {
    readings.push(reading);
    places.push(place);
  }
  expect(places).toEqual(readings.map((_, index) => ({ index })));
  return readings;
}

describe('a JSON body', () => {
  const cloudEvent = fc.dictionary(
    fc.oneof(
      fc.constantFrom(
        'specversion',
        'id',
        'source',
        'type',
        'time',
        'data',
        'datacontenttype',
        'traceparent',
        '__proto__',
      ),
      fc.string(),
    ),
    fc.oneof(fc.jsonValue(), fc.constantFrom('1.0', '2026-01-31T12:00:00Z', 'application/json')),
  );

  it('under any headers is events and 400s, one for each item, or one problem for all', async () => {
    const json = fc.oneof(fc.jsonValue(), cloudEvent, fc.array(cloudEvent));
    await fc.assert(
      fc.asyncProperty(json, headers, mediaType, async (it, given, type) => {
        const parsed = JSON.parse(JSON.stringify(it)) as unknown;
        try {
          const request = readRequest({ headers: { ...given, 'content-type': type }, body: parsed }, 1_000);
          const readings = await readingsOf(request);
          if (request.kind === 'many') expect(readings).toHaveLength((parsed as unknown[]).length);
          for (const reading of readings) if (!reading.ok) expect(reading.problem.status).toBe(400);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          expect([400, 413, 415]).toContain(error.details.status);
        }
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it('as deep as JSON can be read is refused where it has no place', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    for (const name of ['specversion', 'id', 'time', 'datacontenttype', 'other']) {
      const event = { specversion: '1.0', id: 'a', source: 'b', type: 'c', data: {}, [name]: deep };
      expect(readStructured(event)).toMatchObject({ ok: false, problem: { status: 400 } });
    }
  });

  it('that is a CloudEvent keeps its attributes and its data', () => {
    const text = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(text, text, text, fc.jsonValue(), (id, source, type, data) => {
        const reading = readStructured({ specversion: '1.0', id, source, type, data });
        expect(reading).toMatchObject({ ok: true, candidate: { attributes: { id, source, type } } });
        expect(reading.ok && reading.candidate.data).toEqual(data);
      }),
      { numRuns: RUNS },
    );
  });
});
