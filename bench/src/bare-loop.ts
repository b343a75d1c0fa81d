/**
 * The baseline: what a careful engineer writes by hand with kafkajs, avsc and ONNX Runtime and nothing else. One consumer
 * group, a transactional producer per partition, outputs and offsets in one transaction.
 */
import { decisionOf, EVENT_SCHEMA, isValid, PREDICTION_SCHEMA, type CardTransaction } from '../workload/src/index.js';
import avsc from 'avsc';
import kafkajs, { type EachBatchPayload, type Message, type Producer } from 'kafkajs';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { Scorer } from './scorer.js';
import { Meter, readTask } from './task.js';

const task = readTask();
const meter = new Meter();
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

const eventType = avsc.Type.forSchema(EVENT_SCHEMA as unknown as avsc.Schema);
const predictionType = avsc.Type.forSchema(PREDICTION_SCHEMA as unknown as avsc.Schema);
const magic = Buffer.alloc(5);
magic.writeInt32BE(task.predictionSchemaId, 1);
// Named as a service's group, so that both are watched alike.
const group = `eddyline.${task.group}.${task.eventsTopic.replace(/\.events$/, '')}`;
const scorer = await Scorer.load(task.modelPath);

const kafka = new kafkajs.Kafka({
  brokers: [...task.brokers],
  clientId: 'bare',
  logLevel: kafkajs.logLevel.NOTHING,
  retry: { initialRetryTime: 10 },
});
const consumer = kafka.consumer({
  groupId: group,
  maxWaitTimeInMs: 100,
  maxBytesPerPartition: 1 << 20,
  maxBytes: 8 << 20,
});
const producers = new Map<number, Promise<Producer>>();

function producerOf(partition: number): Promise<Producer> {
  let producer = producers.get(partition);
  if (producer === undefined) {
    producer = (async () => {
      const created = kafka.producer({
        idempotent: true,
        transactionalId: `${group}-${partition}`,
        maxInFlightRequests: 1,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
        retry: { initialRetryTime: 5, multiplier: 1.5, retries: 50 },
      });
      await created.connect();
      return created;
    })();
    producers.set(partition, producer);
  }
  return producer;
}

const PER_TRANSACTION = 1_000;

async function eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
  meter.begin();
  const producer = await producerOf(batch.partition);
  for (let from = 0; from < batch.messages.length; from += PER_TRANSACTION) {
    if (!isRunning() || isStale()) return;
    const part = batch.messages.slice(from, from + PER_TRANSACTION);
    const good: CardTransaction[] = [];
    const bad: Message[] = [];
    const now = Date.now();
    for (const message of part) {
      const event = eventType.fromBuffer(message.value!.subarray(5)) as CardTransaction;
      if (isValid(event, now)) good.push(event);
      else bad.push({ key: message.key, value: message.value, partition: batch.partition });
    }
    const { features, scores } = await scorer.score(good);
    const predictions = good.map((event, i): Message => {
      const score = scores[i]!;
      const body = predictionType.toBuffer({
        event_id: event.event_id,
        model: 'bench',
        version: '1',
        score,
        decision: decisionOf(score),
        event_time: event.event_time,
        predicted_at: now,
        features: features[i],
      });
      return { key: event.card_id, value: Buffer.concat([magic, body]), partition: batch.partition };
    });
    const transaction = await producer.transaction();
    await transaction.sendBatch({
      acks: -1,
      compression: kafkajs.CompressionTypes.ZSTD,
      topicMessages: [
        { topic: task.predictionsTopic, messages: predictions },
        ...(bad.length > 0 ? [{ topic: task.quarantineTopic, messages: bad }] : []),
      ],
    });
    const last = part.at(-1)!.offset;
    const offset = String(BigInt(last) + 1n);
    await transaction.sendOffsets({
      consumerGroupId: group,
      topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset }] }],
    });
    await transaction.commit();
    resolveOffset(last);
    await heartbeat();
  }
}

await consumer.connect();
await consumer.subscribe({ topics: [task.eventsTopic], fromBeginning: true });
await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 4, eachBatch });
process.once('SIGTERM', () => {
  void (async () => {
    await consumer.disconnect();
    await Promise.all([...producers.values()].map(async (producer) => (await producer).disconnect()));
    process.exit(0);
  })();
});
