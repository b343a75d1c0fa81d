import { OtlpReceiver } from './otlp/otlp-receiver.js';
import { TraceStore } from './otlp/trace-store.js';
import { SchemaRegistry } from './registry/schema-registry.js';
import { SchemaRegistryServer } from './registry/schema-registry.server.js';
import { SchemasTopic } from './registry/schemas-topic.js';
import type { Service } from './stack-part.js';

/** The schema registry: its log, its rules, its HTTP. Resolves when it listens. */
export async function openRegistry(brokers: readonly string[], port: number): Promise<Service> {
  const topic = new SchemasTopic(brokers);
  try {
    await topic.open();
    const registry = new SchemaRegistry(topic);
    await registry.start();
    const server = await SchemaRegistryServer.start(registry, port);
    const end = async (listener: Promise<void>): Promise<void> => {
      await listener;
      await topic.close();
    };
    return { close: () => end(server.close()), abandon: () => end(server.abandon()) };
  } catch (error) {
    await topic.close();
    throw error;
  }
}

/** The receiver of traces, and what takes them to ClickHouse. Resolves when it listens. */
export async function openOtlpReceiver(clickhouseUrl: string, port: number): Promise<Service> {
  const store = new TraceStore(clickhouseUrl);
  try {
    await store.open();
    const receiver = await OtlpReceiver.start(store, port);
    return {
      async close() {
        await receiver.close();
        await store.close();
      },
      async abandon() {
        await receiver.abandon();
        await store.abandon();
      },
    };
  } catch (error) {
    await store.abandon();
    throw error;
  }
}
