import {
  createTestTopic,
  stack,
  testClickHouse,
  testClickHouseAsAnalyst,
  testKafka,
  uniqueName,
} from '../src/index.js';

describe('the stack of a test run', () => {
  it('has a broker that keeps what is produced', async () => {
    const topic = await createTestTopic({ partitions: 2 });
    const producer = testKafka().producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] });
    await producer.disconnect();
    const admin = testKafka().admin();
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    expect(ends).toHaveLength(2);
    expect(ends.reduce((sum, { high }) => sum + Number(high), 0)).toBe(2);
  });

  it('has a ClickHouse that keeps what is inserted', async () => {
    const client = testClickHouse();
    const database = uniqueName('stack').replaceAll('-', '_');
    await client.command({ query: `CREATE DATABASE ${database}` });
    await client.command({ query: `CREATE TABLE ${database}.t (n UInt32) ENGINE = MergeTree ORDER BY n` });
    await client.insert({ table: `${database}.t`, values: [{ n: 1 }, { n: 2 }], format: 'JSONEachRow' });
    const analyst = testClickHouseAsAnalyst();
    const answer = await analyst.query({
      query: `SELECT toUInt32(sum(n)) AS sum FROM ${database}.t`,
      format: 'JSONEachRow',
    });
    expect(await answer.json()).toEqual([{ sum: 3 }]);
    await client.command({ query: `DROP DATABASE ${database}` });
    await Promise.all([client.close(), analyst.close()]);
  });

  it('has a schema registry', async () => {
    const answer = await fetch(`${stack().schemaRegistryUrl}/schemas/types`);
    expect(await answer.json()).toEqual(['AVRO']);
  });
});
