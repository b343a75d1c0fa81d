import { HEADER, predictionSchemaOf, type AvroRecordSchema } from '#contracts';
import type { LogRecord } from '#platform/kafka';
import { eventually, faultOptions, faultRounds, recordFault, uniqueName } from '#platform/testing';
import { halfHours } from '../support/half-hours.js';
import { mutatedStream, type ForeignSchema, type MutatedRecord } from '../support/mutated-stream.js';
import { mostMemoryMiBOf } from '../support/resident-memory.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const RECORDS = faultRounds({ small: 15_000, full: 100_000 });
const PORTION = 2_000;
const { seed } = faultOptions();

let pipeline: TestPipeline;
let services: ServiceProcesses;

beforeAll(async () => {
  pipeline = await TestPipeline.create('mutated');
  services = new ServiceProcesses(pipeline.name);
});

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
});

/** A schema registered under a subject that is not the pipeline's. */
async function elsewhere(schema: AvroRecordSchema): Promise<ForeignSchema> {
  const id = await pipeline.registry.register(uniqueName('elsewhere'), schema);
  return { id, encode: pipeline.codecs.encoderFor(schema, id) };
}

async function foreignSchemas() {
  const { schema } = pipeline.applied.definition.event;
  const more = { name: 'comment', type: ['null', 'string'], default: null } as AvroRecordSchema['fields'][number];
  return {
    wider: await elsewhere({ ...schema, fields: [...schema.fields, more] }),
    narrower: await elsewhere({ ...schema, fields: schema.fields.filter(({ name }) => name !== 'vic_demand') }),
    stranger: await elsewhere(predictionSchemaOf(pipeline.applied.definition)),
  };
}

const total = (positions: Awaited<ReturnType<TestPipeline['positions']>>, of: 'position' | 'high'): number =>
  positions.reduce((sum, position) => sum + position[of], 0);

/** Publishes it all. @returns the records of each partition in order: a record's index is its offset */
async function publish(stream: Iterable<MutatedRecord>): Promise<readonly (readonly MutatedRecord[])[]> {
  const { partitions } = pipeline.applied.definition.topics;
  const published: MutatedRecord[][] = Array.from({ length: partitions }, () => []);
  let portion: MutatedRecord[] = [];
  const send = async (): Promise<void> => {
    await pipeline.publisher.publish(portion.map(({ message }) => message));
    for (const record of portion) published[record.message.partition]!.push(record);
    portion = [];
  };
  for (const record of stream) if (portion.push(record) === PORTION) await send();
  await send();
  return published;
}

const bytesOf = (it: Buffer | string | null): Buffer | null => (typeof it === 'string' ? Buffer.from(it) : it);
const textOf = ({ headers }: LogRecord, name: string): string => headers[name]?.toString() ?? '';
const isSame = (a: Buffer | null, b: Buffer | null): boolean => (a === null || b === null ? a === b : a.equals(b));

/** Records in quarantine that are not, byte for byte, what was published where they say that they come from. */
function strangersIn(
  quarantine: readonly LogRecord[],
  published: readonly (readonly MutatedRecord[])[],
): readonly string[] {
  const seen = new Set<string>();
  return quarantine.flatMap((record) => {
    const place = `${textOf(record, HEADER.quarantinePartition)}/${textOf(record, HEADER.quarantineOffset)}`;
    const [partition, offset] = place.split('/').map(Number);
    const original = published[partition!]?.[offset!];
    if (original === undefined) return [`${place}: nothing was published there`];
    if (seen.has(place)) return [`${place}: comes twice`];
    seen.add(place);
    const { message, mutation, fate } = original;
    if (textOf(record, HEADER.quarantineTopic) !== message.topic) return [`${place}: another topic`];
    if (!isSame(record.value, message.value)) return [`${place} (${mutation}): another value`];
    if (!isSame(record.key, bytesOf(message.key))) return [`${place} (${mutation}): another key`];
    const reason = textOf(record, HEADER.quarantineReason);
    if (fate.kind === 'passes or quarantined') return [];
    if (fate.kind === 'quarantined') {
      return reason === fate.reason ? [] : [`${place} (${mutation}): ${reason} instead of ${fate.reason}`];
    }
    return [`${place} (${mutation}): ${reason}: ${textOf(record, HEADER.quarantineMessage)}`];
  });
}

/** Records that had to be refused and are not in quarantine. */
function acceptedOf(
  published: readonly (readonly MutatedRecord[])[],
  quarantine: readonly LogRecord[],
): readonly string[] {
  const refused = new Set(
    quarantine.map(
      (record) => `${textOf(record, HEADER.quarantinePartition)}/${textOf(record, HEADER.quarantineOffset)}`,
    ),
  );
  return published.flatMap((records, partition) =>
    records.flatMap(({ fate, mutation }, offset) =>
      fate.kind === 'quarantined' && !refused.has(`${partition}/${offset}`)
        ? [`${partition}/${offset}: ${mutation}`]
        : [],
    ),
  );
}

/** How often each id that had to pass came; those of mutants are left out. */
function countOf(ids: readonly string[], wanted: ReadonlySet<string>) {
  const times = new Map([...wanted].map((id) => [id, 0]));
  for (const id of ids) if (times.has(id)) times.set(id, times.get(id)! + 1);
  const lost = [...times.values()].filter((count) => count === 0).length;
  return { lost, duplicated: [...times.values()].filter((count) => count > 1).length };
}

describe(`${RECORDS} records, nearly half of them mutated`, () => {
  it('each end in one place, and no intact one is lost among them', async () => {
    const started = performance.now();
    const { partitions, maxMessageBytes } = pipeline.applied.definition.topics;
    // Up to the present, so that a mutant from the future moves the watermark no further than the stream itself does.
    const anEvent = halfHours(pipeline.name);
    const fromMs = Date.now() - RECORDS;
    const published = await services.start('validation').then(async () => {
      const pid = services.pidOf('validation');
      const all = await publish(
        mutatedStream({
          topic: pipeline.topic('events'),
          partitions,
          count: RECORDS,
          seed,
          encode: pipeline.encoder(),
          anEvent: (n, parts) => anEvent(n, { at: fromMs + n, ...parts }),
          foreign: await foreignSchemas(),
          maxBytes: maxMessageBytes,
        }),
      );
      await eventually(async () => expect(total(await pipeline.positions('validation'), 'position')).toBe(RECORDS), {
        everyMs: 250,
      });
      expect(services.pidOf('validation')).toBe(pid);
      return all;
    });
    const seconds = (performance.now() - started) / 1_000;

    services.launch('inference');
    services.launch('monitoring');
    await eventually(() => pipeline.isDrained(), { everyMs: 250 });
    const records = published.flat();
    const wanted = new Set(records.flatMap(({ fate }) => (fate.kind === 'passes' ? [fate.eventId] : [])));
    const rows = await eventually(async () => {
      const { database } = pipeline;
      const logged = await pipeline.rows<{ event_id: string }>(`SELECT event_id FROM ${database}.predictions`);
      const [refused] = await pipeline.rows<{ rows: number; places: number }>(
        `SELECT count() AS rows, uniqExact(topic, partition, offset) AS places FROM ${database}.quarantine`,
      );
      return { ids: logged.map(({ event_id }) => event_id), refused: refused! };
    });
    const { lost, duplicated } = countOf(rows.ids, wanted);
    recordFault({
      fault: 'records mutated',
      title: 'bits, bytes, headers, schema ids, sizes',
      runs: records.length - records.filter(({ mutation }) => mutation === 'intact').length,
      published: RECORDS,
      lost,
      duplicated,
      seed,
      seconds,
      measured: { validationMostMemoryMiB: mostMemoryMiBOf(services.pidOf('validation')) },
    });

    const validated = await pipeline.read('validated');
    const quarantine = await pipeline.read('quarantine');
    const [byValidation, byInference] = ['validation', 'inference'].map((stage) =>
      quarantine.filter((record) => textOf(record, HEADER.quarantineStage) === stage),
    );
    const dropped = (await pipeline.positions('validation')).reduce(
      (sum, position) => sum + Object.values(position.dropped).reduce((all, count) => all + count, 0),
      0,
    );
    expect(strangersIn(byValidation!, published)).toEqual([]);
    expect({ lost, duplicated }).toEqual({ lost: 0, duplicated: 0 });
    expect(validated.length + byValidation!.length + dropped).toBe(RECORDS);
    expect(dropped).toBe(records.filter(({ fate }) => fate.kind === 'dropped').length);
    expect(acceptedOf(published, byValidation!)).toEqual([]);
    const passed = await validatedIds(validated);
    expect(countOf(passed, wanted)).toEqual({ lost: 0, duplicated: 0 });
    expect(rows.ids).toHaveLength(validated.length - byInference!.length);
    expect(rows.refused).toEqual({ rows: quarantine.length, places: quarantine.length });
    expect(Object.keys(mutationsOf(records)).length).toBeGreaterThan(15);
  });
});

async function validatedIds(validated: readonly LogRecord[]): Promise<string[]> {
  const decoder = pipeline.codecs.decoderFor(pipeline.applied.definition.event.schema);
  await decoder.prefetch(validated.map(({ value }) => value));
  return validated.map(({ value, offset }) => {
    const decoded = decoder.decode(value);
    if (!decoded.ok) throw new Error(`offset ${offset} of the accepted events cannot be read: ${decoded.message}`);
    return String(decoded.value['event_id']);
  });
}

function mutationsOf(records: readonly MutatedRecord[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { mutation } of records) counts[mutation] = (counts[mutation] ?? 0) + 1;
  return counts;
}
