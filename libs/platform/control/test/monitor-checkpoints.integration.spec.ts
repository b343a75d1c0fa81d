import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { CONTROL_TOPICS, MonitorCheckpoints } from '#platform/control';
import { createKafka, ensureTopics, TransactionalPublisher } from '#platform/kafka';
import { stack, uniqueName } from '#platform/testing';

const kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: uniqueName('test') });
const registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
const checkpoints = new MonitorCheckpoints(kafka, registry, new AvroCodecs(registry));

beforeAll(() => ensureTopics(kafka, CONTROL_TOPICS));

async function publish(pipeline: string, ...ticks: readonly number[]): Promise<void> {
  const publisher = await TransactionalPublisher.open(kafka, uniqueName('tx'));
  for (const tick of ticks) {
    const state = { version: 1, at: tick };
    const message = await checkpoints.toMessage({ pipeline, tick, writtenAtMs: 1_700_000_000_000, state });
    await publisher.publish([message], () => undefined);
  }
  await publisher.close();
}

describe('checkpoints of monitors', () => {
  it('give back the last one of the pipeline', async () => {
    const [one, other] = [uniqueName('one'), uniqueName('other')];
    await publish(one, 1, 2);
    await publish(other, 9);
    expect(await checkpoints.read(one)).toEqual({
      pipeline: one,
      tick: 2,
      writtenAtMs: 1_700_000_000_000,
      state: { version: 1, at: 2 },
    });
  });

  it('are none for a pipeline whose monitors never ran', async () => {
    expect(await checkpoints.read(uniqueName('new'))).toBeNull();
  });
});
