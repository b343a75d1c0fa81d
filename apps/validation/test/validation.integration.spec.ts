import { HEADER, topicOf, type AvroRecordSchema } from '#contracts';
import { eventually } from '#platform/testing';
import { aHalfHour, closeTelemetry, HALF_HOUR_MS, START_MS, ValidationHarness } from './validation-harness.js';

afterAll(closeTelemetry);

describe('validation', () => {
  let harness: ValidationHarness;

  beforeEach(async () => (harness = await ValidationHarness.create()));
  afterEach(async () => {
    await harness.close();
    expect(harness.fatal).toEqual([]);
  });

  it('passes good events on, byte for byte, on the partition they came from, with CloudEvents headers', async () => {
    await harness.publish([aHalfHour(0), aHalfHour(2)], 0);
    await harness.publish([aHalfHour(1)], 1);
    await harness.start();
    await eventually(async () => expect(await harness.read('validated')).toHaveLength(3));
    const records = await harness.read('validated');
    expect(records.map(({ partition, key }) => [partition, String(key)])).toEqual([
      [0, 'nsw-000000'],
      [0, 'nsw-000002'],
      [1, 'nsw-000001'],
    ]);
    expect(records[1]?.value).toEqual(harness.encode(aHalfHour(2)));
    expect(records[1]?.text).toMatchObject({
      ce_id: 'nsw-000002',
      ce_time: '1996-05-07T01:00:00.000Z',
      ce_type: 'eddyline.electricity.MarketHalfHour',
      ce_source: `/eddyline/pipelines/${harness.name}`,
    });
  });

  it('sets every kind of bad input aside, and passes the next good event of the partition on', async () => {
    const good = (n: number): Buffer => harness.encode(aHalfHour(n));
    const schema = harness.applied.definition.event.schema;
    const withoutPrice: AvroRecordSchema = {
      ...schema,
      fields: schema.fields.filter(({ name }) => name !== 'nsw_price'),
    };
    const withoutPriceId = await harness.registry.register(`${harness.name}-foreign-value`, withoutPrice);
    const unknownId = good(1);
    unknownId.writeInt32BE(2_000_000_000, 1);
    const bad: readonly (readonly [string, Buffer | null, RegExp])[] = [
      ['truncated', good(1).subarray(0, 30), /ends before/],
      ['unknown_schema', unknownId, /2000000000 is not in the registry/],
      ['not_avro', Buffer.from('{"event_id":"nsw-1"}'), /JSON/],
      ['empty_value', null, /no value/],
      ['missing_field', harness.encode(aHalfHour(1), withoutPrice, withoutPriceId), /"nsw_price"/],
      ['not_finite', harness.encode(aHalfHour(1, { nsw_price: Number.NaN })), /nsw_price is NaN, not a finite number/],
      ['not_finite', harness.encode(aHalfHour(1, { vic_demand: Number.NEGATIVE_INFINITY })), /vic_demand is -Infinity/],
      ['range', harness.encode(aHalfHour(1, { transfer: 1.5 })), /transfer is 1\.5, above its maximum 1/],
      ['length', harness.encode(aHalfHour(1, { event_id: '' })), /event_id has 0 characters/],
      [
        'late',
        harness.encode(aHalfHour(1, { at: START_MS - 2 * 365 * 86_400_000 })),
        /at is 1994-05-08.*730(\.\d)? days behind/,
      ],
      ['range', harness.encode(aHalfHour(1, { at: START_MS * 1_000 })), /check the unit/],
    ];
    await harness.publishRaw(bad.flatMap(([, value], index) => [good(2 * index), value]).concat(good(100)));
    await harness.start();
    await eventually(async () => expect(await harness.validatedIds()).toContain('nsw-000100'));

    expect(await harness.validatedIds()).toEqual([
      ...bad.map((_, index) => `nsw-${String(2 * index).padStart(6, '0')}`),
      'nsw-000100',
    ]);
    const quarantined = await harness.read('quarantine');
    expect(quarantined.map(({ text }) => text[HEADER.quarantineReason])).toEqual(bad.map(([reason]) => reason));
    expect(quarantined.map(({ value }) => value)).toEqual(bad.map(([, value]) => value));
    quarantined.forEach(({ text }, index) => {
      expect(text[HEADER.quarantineMessage]).toMatch(bad[index]![2]);
      expect(text).toMatchObject({
        [HEADER.quarantineStage]: 'validation',
        [HEADER.quarantineTopic]: topicOf(harness.name, 'events'),
        [HEADER.quarantinePartition]: '0',
        [HEADER.quarantineOffset]: String(2 * index + 1),
      });
    });
  });

  it('flags what the pipeline says is flagged', async () => {
    // 100 calm half-hours are the reference.
    const calm = Array.from({ length: 100 }, (_, n) => aHalfHour(n));
    await harness.publish([
      ...calm,
      aHalfHour(100, { nsw_price: 0.9 }),
      aHalfHour(101, { nsw_demand: 0, vic_demand: 0 }),
    ]);
    await harness.start();
    await eventually(async () => expect(await harness.validatedIds()).toHaveLength(102));
    const flags = (await harness.read('validated')).map(({ text }) => text[HEADER.flags]);
    expect(flags).toEqual([...calm.map(() => undefined), 'nsw_price.outlier', 'demand_reported']);
  });

  it('drops repeated events within the window, across restarts', async () => {
    const events = Array.from({ length: 10 }, (_, n) => aHalfHour(n));
    const first = await harness.start();
    await harness.publish([...events, events[9]!, events[3]!]);
    await eventually(async () => expect((await harness.committed())[0]?.offset).toBeGreaterThanOrEqual(12));
    await first.close();

    await harness.publish([events[5]!, aHalfHour(10), events[9]!, aHalfHour(10)]);
    await harness.start();
    await eventually(async () => expect((await harness.committed())[0]?.offset).toBeGreaterThanOrEqual(16));
    const ids = [...events, aHalfHour(10)].map(({ event_id: id }) => String(id));
    await eventually(async () => expect(await harness.validatedIds()).toEqual(ids)); // its markers may be on their way
    const [committed] = await harness.committed();
    expect(committed?.dropped).toEqual({ duplicate: 5 });
    expect(committed?.checkpoint).toMatchObject({ watermarkMs: START_MS + 10 * HALF_HOUR_MS, from: 0 });
  });

  it('takes a new revision up without a restart, and remembers what the new one asks for', async () => {
    const { definition } = harness.applied;
    await harness.close();
    harness = await ValidationHarness.create({ dedupeWindowMs: null });
    await harness.start();
    await harness.publish([aHalfHour(0), aHalfHour(0)]);
    await eventually(async () => expect(await harness.validatedIds()).toHaveLength(2));

    const expectations = definition.expectations.filter(({ name }) => name !== 'transfer.range');
    await harness.apply(2, { dedupeWindowMs: definition.dedupeWindowMs, expectations });
    await eventually(
      async () => {
        await harness.publish([aHalfHour(0), aHalfHour(1, { transfer: 7 })]);
        expect(await harness.validatedIds()).toContain('nsw-000001');
      },
      { everyMs: 300 },
    );
    await harness.publish([aHalfHour(0), aHalfHour(2)]);
    await eventually(async () => expect(await harness.validatedIds()).toContain('nsw-000002'));
    const ids = await harness.validatedIds();
    // Seen before the new revision was in force, found again in the log.
    expect(ids.slice(ids.indexOf('nsw-000001'))).toEqual(['nsw-000001', 'nsw-000002']);
  });

  it('writes an imputed event, and one under an older schema, under the schema of the pipeline', async () => {
    const { definition } = harness.applied;
    await harness.close();
    harness = await ValidationHarness.create({
      expectations: [
        { name: 'transfer.range', on: 'impute', imputeWith: 0.5, kind: 'range', field: 'transfer', min: 0, max: 1 },
      ],
    });
    const { schema } = definition.event;
    const extended: AvroRecordSchema = { ...schema, fields: [...schema.fields, { name: 'extra', type: 'string' }] };
    const id = await harness.registry.register(`${harness.name}-foreign-value`, extended);
    await harness.publishRaw([
      harness.encode(aHalfHour(0, { transfer: -1 })),
      harness.encode(aHalfHour(1, { extra: 'x' }), extended, id),
    ]);
    await harness.start();
    await eventually(async () => expect(await harness.validatedIds()).toHaveLength(2));
    const records = await harness.read('validated');
    expect(records.map(({ value }) => value)).toEqual([
      harness.encode(aHalfHour(0, { transfer: 0.5 })),
      harness.encode(aHalfHour(1)),
    ]);
    expect(records.map(({ text }) => text[HEADER.flags])).toEqual(['transfer.range', undefined]);
  });
});
