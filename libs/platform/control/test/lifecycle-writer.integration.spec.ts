import { LIFECYCLE_EVENT_SCHEMA, LIFECYCLE_TOPIC, lifecyclePartitionOf, type LifecycleEvent } from '#contracts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { KafkaModelCatalog, LifecycleWriter, toLifecycleEvent } from '#platform/control';
import { createKafka, PublicationFailed, readPartition } from '#platform/kafka';
import { eventually, stack, uniqueName } from '#platform/testing';
import { aChampion, aModelVersion } from './control-records.js';

const kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'lifecycle-test' });
const registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
const codecs = new AvroCodecs(registry);
const connections = { kafka, registry, codecs };

const anEvent = (pipeline: string, sequence: number): LifecycleEvent => ({
  pipeline,
  sequence,
  change: { kind: 'champion_set', version: String(sequence), reason: 'Zoë ☂' },
  at: 1_700_000_000_000 + sequence,
  clock: sequence === 1 ? null : 1_600_000_000_000,
  run: null,
  rollout: null,
  version: String(sequence),
  champion: String(sequence),
  challenger: null,
  share: 0,
  by: 'test',
  summary: `version ${sequence} serves`,
  evidence: { figures: [0.5, null], query: "SELECT 'x'" },
});

async function eventsOf(pipeline: string): Promise<readonly LifecycleEvent[]> {
  const decoder = codecs.decoderFor(LIFECYCLE_EVENT_SCHEMA);
  const events: LifecycleEvent[] = [];
  for await (const records of readPartition(kafka, LIFECYCLE_TOPIC, lifecyclePartitionOf(pipeline), 0)) {
    const own = records.filter(({ key }) => key?.toString() === pipeline);
    await decoder.prefetch(own.map(({ value }) => value!));
    for (const { value } of own) {
      const decoded = decoder.decode(value!);
      if (decoded.ok) events.push(toLifecycleEvent(decoded.value));
    }
  }
  return events;
}

let name: string;
const open: { close(): Promise<void> }[] = [];
beforeEach(() => (name = uniqueName('lifecycle')));
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())));

async function writer(): Promise<LifecycleWriter> {
  const opened = await LifecycleWriter.open(name, connections);
  open.push(opened);
  return opened;
}

it('puts entries and events on their topics together, and the next writer goes on from there', async () => {
  const first = await writer();
  expect(first.record).toEqual({ versions: [], serving: null, lifecycle: null, flags: null });
  const entries = [aModelVersion(name, '1'), aChampion(name, '1')];
  await first.commit({ entries, events: [anEvent(name, 1)] });
  expect(first.record.serving?.champion?.version).toBe('1');
  await first.commit({ entries: [aModelVersion(name, '2'), aChampion(name, '2', 2)], events: [anEvent(name, 2)] });

  const second = await writer();
  expect(second.record).toEqual(first.record);
  expect(second.record.versions.map(({ version }) => version)).toEqual(['1', '2']);
  expect(await eventsOf(name)).toEqual([anEvent(name, 1), anEvent(name, 2)]);

  const catalog = new KafkaModelCatalog(kafka, codecs);
  open.push(catalog);
  await catalog.start();
  await eventually(() => expect(catalog.champion(name)?.version).toEqual(aModelVersion(name, '2')));
});

it('is fenced by the writer that is opened after it: nothing of what it commits then holds', async () => {
  const first = await writer();
  const second = await writer();
  await second.commit({ entries: [aModelVersion(name, '1')], events: [anEvent(name, 1)] });
  const late = first.commit({ entries: [aModelVersion(name, '9')], events: [anEvent(name, 1)] });
  await expect(late).rejects.toThrow(PublicationFailed);
  await expect(late).rejects.toMatchObject({ reason: 'fenced' });
  expect((await writer()).record.versions.map(({ version }) => version)).toEqual(['1']);
  expect(await eventsOf(name)).toHaveLength(1);
});

it('refuses what is of another pipeline', async () => {
  const own = await writer();
  await expect(own.commit({ entries: [aModelVersion('other', '1')], events: [] })).rejects.toThrow(
    `the writer of ${name} was given something of other`,
  );
});
