import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf, type AvroRecordSchema } from '#contracts';
import {
  applyTables,
  createClickHouse,
  keyAndTime,
  planTables,
  PredictionLog,
  PredictionLookup,
  type LoggedPrediction,
} from '#platform/clickhouse';
import { eventually, stack, uniqueName } from '#platform/testing';
import { aPipeline, aRecord, EVENT_SCHEMA } from './a-prediction.js';

const RICH: AvroRecordSchema = {
  ...EVENT_SCHEMA,
  fields: [
    ...EVENT_SCHEMA.fields,
    { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 20, scale: 2 } },
    { name: 'kind', type: ['null', { type: 'enum', name: 'Kind', symbols: ['NEW', 'OLD'] }] },
    { name: 'feature_day', type: ['null', 'string'] },
    { name: 'seen', type: { type: 'map', values: 'long' } },
    { name: 'site', type: { type: 'record', name: 'Site', fields: [{ name: 'code', type: ['null', 'bytes'] }] } },
    { name: 'either', type: ['null', 'long', 'double'] },
  ],
};

describe('looking predictions up', () => {
  let client: ClickHouseClient;
  const pipelines: string[] = [];

  beforeAll(() => (client = createClickHouse(stack().clickhouseUrl)));
  afterAll(async () => {
    for (const name of pipelines) await client.command({ query: `DROP DATABASE IF EXISTS ${databaseOf(name)}` });
    await client.close();
  });

  async function given(predictions: readonly LoggedPrediction[], schema = EVENT_SCHEMA) {
    return (await givenLog(predictions, schema)).lookup;
  }

  async function givenLog(predictions: readonly LoggedPrediction[], schema = EVENT_SCHEMA) {
    const name = uniqueName('lookup');
    const definition = aPipeline(name, { event: { schema, id: 'reading', key: 'region', time: 'at' } });
    pipelines.push(name);
    await applyTables(client, await planTables(client, definition));
    const log = new PredictionLog(client, definition);
    await log.append(predictions, 'all');
    return { log, lookup: new PredictionLookup(client, definition) };
  }

  const logged = (record: LoggedPrediction['record'], offset = 0, partition = 3): LoggedPrediction => ({
    record,
    partition,
    offset,
    publishedAtMs: record.predicted_at - 7,
  });

  it('gives the record back that was logged', async () => {
    const at = Date.UTC(1996, 4, 7);
    const original = logged(
      aRecord(1, {
        flags: ['price.range'],
        class_scores: [0.25, 0.75],
        reasons: [{ feature: 'price', contribution: -0.5 }],
        trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
        features: { price: null, day: 2, hour_sin: 0.1 },
        event: {
          reading: 'e-1',
          region: 'NSW',
          at: at + 1_800_000,
          price: null,
          day: 2,
          score: 1.5,
          amount: Buffer.from([0xff, 0x01]),
          kind: 'OLD',
          feature_day: 'monday',
          seen: { __proto: 1, 'a b': 2 ** 40 },
          site: { code: Buffer.from([0, 0xff]) },
          either: { long: 7 },
        },
      }),
      12,
    );
    const lookup = await given([original], RICH);
    const found = await lookup.byIds(['e-1', 'e-2']);
    expect([...found]).toEqual([['e-1', original]]);
    const { event_key: key, event_time: timeMs } = original.record;
    const byTime = await lookup.byKeysAndTimes([
      { key, timeMs },
      { key, timeMs: timeMs + 1 },
      { key: 'VIC', timeMs },
    ]);
    expect([...byTime]).toEqual([[keyAndTime({ key, timeMs }), original]]);
  });

  it('has no event where only features were given', async () => {
    const lookup = await given([logged(aRecord(1, { source: 'infer', event: null }))]);
    expect((await lookup.byIds(['e-1'])).get('e-1')!.record).toMatchObject({ event: null, features: { price: 0.25 } });
  });

  it('takes the earliest that was served', async () => {
    const lookup = await given([
      logged(aRecord(1, { predicted_at: 3_000, model_version: '2' })),
      logged(aRecord(1, { predicted_at: 2_000, model_version: '3', role: 'canary' })),
      logged(aRecord(1, { predicted_at: 1_000, model_version: '4', role: 'shadow' })),
    ]);
    expect((await lookup.byIds(['e-1'])).get('e-1')!.record.model_version).toBe('3');
  });

  it('finds ids and keys whatever is in them', async () => {
    const ids = ["it's", '\\', "\\' OR 1", 'a\0b', '{x:String}', '', '😀', 'x'.repeat(100_000)];
    const lookup = await given(ids.map((id) => logged(aRecord(0, { event_id: id, event_key: id, source: 'infer' }))));
    const found = await lookup.byIds(ids);
    expect([...found.keys()].toSorted()).toEqual(ids.toSorted());
    const { event_time: timeMs } = aRecord(0);
    expect((await lookup.byKeysAndTimes(ids.map((key) => ({ key, timeMs })))).size).toBe(ids.length);
    expect((await lookup.byIds([])).size).toBe(0);
  });

  it('finds a thousand among others at once', async () => {
    const all = Array.from({ length: 20_000 }, (_, number) => logged(aRecord(number), number));
    const lookup = await given(all);
    const ids = Array.from({ length: 1_000 }, (_, number) => `e-${number * 25}`);
    const found = await lookup.byIds(ids);
    expect([...found.keys()].toSorted()).toEqual(ids.filter((id) => Number(id.slice(2)) < 20_000).toSorted());
    for (const [id, { offset }] of found) expect(`e-${offset}`).toBe(id);
  });

  it('knows how far the log has come: as far as the slowest partition that is not idle', async () => {
    const now = Date.UTC(2026, 10, 21);
    const HOUR_MS = 3_600_000;
    const at = (event_time: number, predicted_at: number) => aRecord(0, { event_time, predicted_at });
    const { log, lookup } = await givenLog([
      logged(at(now - 5, now), 0, 0),
      logged(at(now - 9, now), 1, 0),
      logged(at(now - 7, now - 1), 0, 1),
      logged(at(now - 2 * HOUR_MS, now - 2 * HOUR_MS), 0, 2),
    ]);
    expect(await lookup.clockMs()).toBe(now - 7);
    await log.append([logged(at(now - 3, now), 1, 1)], 'later');
    await eventually(async () => expect(await lookup.clockMs()).toBe(now - 5));
    expect(await lookup.clockMs()).toBe(now - 5);
    expect(lookup.clockMs()).toBe(lookup.clockMs()); // one look
    expect(await (await given([])).clockMs()).toBe(Number.NEGATIVE_INFINITY);
  });

  it('does not believe what is dated long after its scoring', async () => {
    const now = Date.UTC(2026, 10, 21);
    const lookup = await given([
      logged(aRecord(0, { event_time: now - 5, predicted_at: now })),
      logged(aRecord(1, { event_time: now + 7_200_000, predicted_at: now })),
    ]);
    expect(await lookup.clockMs()).toBe(now - 5);
  });

  it('tells what it waits for', async () => {
    const lookup = new PredictionLookup(client, aPipeline(uniqueName('never-applied')));
    await expect(lookup.byIds(['a'])).rejects.toMatchObject({ code: 'clickhouse_unreachable' });
  });
});
