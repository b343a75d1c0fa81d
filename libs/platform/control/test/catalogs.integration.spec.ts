import { PIPELINES_TOPIC, type AlertControl } from '#contracts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { createKafka, ensureTopics, Publisher } from '#platform/kafka';
import { eventually, stack, TcpGate, uniqueName } from '#platform/testing';
import {
  CONTROL_TOPICS,
  ControlWriter,
  KafkaAlertControlCatalog,
  KafkaModelCatalog,
  KafkaPipelineCatalog,
  type PipelineChange,
} from '../src/index.js';
import { aChampion, aModelVersion, anAppliedPipeline } from './control-records.js';

const registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
const codecs = new AvroCodecs(registry);
const kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test-control' });
const open: { close(): Promise<void> }[] = [];

function closedAfterwards<T extends { close(): Promise<void> }>(resource: T): T {
  open.push(resource);
  return resource;
}

/** Changes of one pipeline as a subscriber sees them: the topic is everybody's. */
function changesOf(catalog: KafkaPipelineCatalog, name: string): readonly string[] {
  const seen: string[] = [];
  catalog.subscribe((change: PipelineChange) => {
    if (change.kind === 'removed' && change.name === name) seen.push('removed');
    if (change.kind === 'applied' && change.pipeline.definition.name === name) {
      seen.push(`revision ${change.pipeline.revision}`);
    }
  });
  return seen;
}

describe('catalogs', () => {
  let publisher: Publisher;
  let writer: ControlWriter;
  let name: string;
  beforeAll(() => ensureTopics(kafka, CONTROL_TOPICS));
  beforeEach(() => {
    publisher = closedAfterwards(new Publisher(kafka));
    writer = new ControlWriter(publisher, registry, codecs);
    name = uniqueName('control');
  });
  afterEach(() => Promise.all(open.splice(0).map((resource) => resource.close())));

  async function remove(pipeline: string): Promise<void> {
    await publisher.publish([{ topic: PIPELINES_TOPIC, key: pipeline, value: null, partition: 0 }]);
  }

  it('know the pipelines in force once they have started', async () => {
    await writer.publishPipeline(anAppliedPipeline(name, 1));
    await writer.publishPipeline(anAppliedPipeline(name, 2));
    const catalog = closedAfterwards(new KafkaPipelineCatalog(kafka, codecs));
    await catalog.start();
    expect(catalog.get(name)).toEqual(anAppliedPipeline(name, 2));
    expect(catalog.list().filter(({ definition }) => definition.name === name)).toHaveLength(1);
    expect(catalog.get(uniqueName('unknown'))).toBeUndefined();
  });

  it('tell subscribers of what is in force, of each change and of a removal, in order', async () => {
    await writer.publishPipeline(anAppliedPipeline(name, 1));
    const catalog = closedAfterwards(new KafkaPipelineCatalog(kafka, codecs));
    await catalog.start();
    const seen = changesOf(catalog, name);
    await writer.publishPipeline(anAppliedPipeline(name, 2));
    await remove(name);
    await writer.publishPipeline(anAppliedPipeline(name, 3));
    await eventually(() => expect(seen).toEqual(['revision 1', 'revision 2', 'removed', 'revision 3']));
    expect(catalog.get(name)?.revision).toBe(3);
  });

  it('know no pipeline that was removed before they started', async () => {
    await writer.publishPipeline(anAppliedPipeline(name));
    await remove(name);
    const catalog = closedAfterwards(new KafkaPipelineCatalog(kafka, codecs));
    await catalog.start();
    expect(catalog.get(name)).toBeUndefined();
  });

  it('pass over what they cannot read, and say so', async () => {
    const told: string[] = [];
    const catalog = closedAfterwards(
      new KafkaPipelineCatalog(kafka, codecs, { onWaiting: (reason) => told.push(reason) }),
    );
    await catalog.start();
    const stranger = uniqueName('stranger');
    await publisher.publish([{ topic: PIPELINES_TOPIC, key: stranger, value: Buffer.from('{}'), partition: 0 }]);
    await writer.publishPipeline(anAppliedPipeline(name));
    await eventually(() => expect(catalog.get(name)).toBeDefined());
    expect(told.join('\n')).toContain(stranger);
    expect(catalog.get(stranger)).toBeUndefined();
    await remove(stranger);
  });

  it('wait for a registry that is away, and say so', async () => {
    await writer.publishPipeline(anAppliedPipeline(name));
    const gate = new TcpGate(stack().schemaRegistryUrl);
    open.push({ close: () => gate.shut() });
    const url = await gate.open();
    await gate.shut();
    const told: string[] = [];
    const apart = new AvroCodecs(new SchemaRegistryClient(url));
    const catalog = closedAfterwards(
      new KafkaPipelineCatalog(kafka, apart, { onWaiting: (reason) => told.push(reason) }),
    );
    const starting = catalog.start();
    await eventually(() => expect(told).not.toHaveLength(0));
    expect(catalog.get(name)).toBeUndefined();
    await gate.open();
    await starting;
    expect(catalog.get(name)).toBeDefined();
  });

  it('follow versions in their order and the champion among them', async () => {
    const catalog = closedAfterwards(new KafkaModelCatalog(kafka, codecs));
    await catalog.start();
    const champions: (string | undefined)[] = [];
    catalog.subscribe((pipeline) => {
      if (pipeline === name) champions.push(catalog.champion(name)?.version.version);
    });
    for (const version of ['10', '9']) await writer.publishRegistryEntry(aModelVersion(name, version));
    await eventually(() => expect(catalog.versions(name).map(({ version }) => version)).toEqual(['9', '10']));
    expect(catalog.champion(name)).toBeUndefined();
    await writer.publishRegistryEntry(aChampion(name, '9'));
    await eventually(() => expect(champions).toEqual(['9']));
    await writer.publishRegistryEntry(aChampion(name, '10'));
    await eventually(() => expect(champions).toEqual(['9', '10']));
    expect(catalog.champion(name)).toEqual({
      version: aModelVersion(name, '10'),
      appointment: aChampion(name, '10').champion,
    });
  });

  it('tell a late subscriber of the champion at once', async () => {
    await writer.publishRegistryEntry(aModelVersion(name, '1'));
    await writer.publishRegistryEntry(aChampion(name, '1'));
    const catalog = closedAfterwards(new KafkaModelCatalog(kafka, codecs));
    await catalog.start();
    const told: string[] = [];
    catalog.subscribe((pipeline) => void told.push(pipeline));
    expect(told).toContain(name);
  });

  it('know silences and acknowledgements until they are taken away', async () => {
    const silence: AlertControl = {
      kind: 'silence',
      id: 'a1',
      pipeline: name,
      monitor: 'drift',
      from: 1_000,
      until: 2_000,
      by: 'Zoë ☂',
      reason: 'known: a sensor is exchanged',
    };
    const acknowledgement: AlertControl = {
      kind: 'acknowledgement',
      id: `${name}/drift/psi/level//1000`,
      pipeline: name,
      at: 1_500,
      by: 'test',
      reason: 'on it',
    };
    const catalog = closedAfterwards(new KafkaAlertControlCatalog(kafka, codecs));
    await writer.publishAlertControl(silence);
    await catalog.start();
    expect(catalog.controls(name)).toEqual([silence]);
    await writer.publishAlertControl(acknowledgement);
    await eventually(() => expect(catalog.controls(name)).toEqual([acknowledgement, silence]));
    await writer.removeAlertControls([silence]);
    await eventually(() => expect(catalog.controls(name)).toEqual([acknowledgement]));
    expect(catalog.controls(uniqueName('unknown'))).toEqual([]);
  });
});
