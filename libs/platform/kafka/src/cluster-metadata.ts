import Decoder from 'kafkajs/src/protocol/decoder.js';
import Encoder from 'kafkajs/src/protocol/encoder.js';
import errors from 'kafkajs/src/protocol/error.js';

/** Operations of Kafka's ACLs, by their codes. */
const OPERATIONS = {
  Read: 3,
  Write: 4,
  Create: 5,
  Delete: 6,
  Alter: 7,
  Describe: 8,
  ClusterAction: 9,
  DescribeConfigs: 10,
  AlterConfigs: 11,
  IdempotentWrite: 12,
} as const;

export type KafkaOperation = keyof typeof OPERATIONS;

export interface PartitionDescription {
  readonly partition: number;
  /** Broker id; null while the partition has none: nothing can be read or written. */
  readonly leader: number | null;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

export interface TopicDescription {
  readonly topic: string;
  /** The broker's refusal, e.g. `UNKNOWN_TOPIC_OR_PARTITION` or `TOPIC_AUTHORIZATION_FAILED`; null when there is none. */
  readonly error: string | null;
  readonly partitions: readonly PartitionDescription[];
  /** What this client may do with it; null where the broker does not say. */
  readonly allowed: ReadonlySet<KafkaOperation> | null;
}

export interface ClusterDescription {
  readonly clusterId: string | null;
  /** Null while there is none. */
  readonly controllerId: number | null;
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly topics: readonly TopicDescription[];
  readonly clusterAllowed: ReadonlySet<KafkaOperation> | null;
}

export const METADATA_API = 3;
/** From this version (Kafka 2.3) on, the answer says what the client is allowed. kafkajs knows only up to 6. */
const WITH_OPERATIONS = 8;
const OLDEST = 6;

/**
 * A metadata request in kafkajs' form, whose answer keeps what kafkajs' own throws away: one topic that is missing, offline
 * or forbidden does not hide the others.
 */
export function metadataRequest(topics: readonly string[], brokerSpeaksUpTo: number): object {
  const version = brokerSpeaksUpTo >= WITH_OPERATIONS ? WITH_OPERATIONS : OLDEST;
  const encoded = (): Encoder => {
    // Never null: that would ask for every topic of the cluster.
    const request = new Encoder().writeArray(topics, 'string').writeBoolean(false);
    return version === WITH_OPERATIONS ? request.writeBoolean(true).writeBoolean(true) : request;
  };
  return {
    request: {
      apiKey: METADATA_API,
      apiVersion: version,
      apiName: 'Metadata',
      encode: () => Promise.resolve(encoded()),
    },
    response: {
      decode: (raw: unknown) => Promise.resolve(decode(new Decoder(raw), version)),
      parse: (answer: unknown) => Promise.resolve(answer),
    },
    logResponseError: false,
  };
}

function decode(decoder: Decoder, version: number): ClusterDescription {
  decoder.readInt32(); // throttle time
  const brokers = decoder.readArray((entry) => {
    const broker = { id: entry.readInt32(), host: entry.readString() ?? '', port: entry.readInt32() };
    entry.readString(); // rack
    return broker;
  });
  const clusterId = decoder.readString();
  const controllerId = decoder.readInt32();
  const topics = decoder.readArray((entry) => decodeTopic(entry, version));
  return {
    clusterId,
    controllerId: controllerId < 0 ? null : controllerId,
    brokers,
    topics,
    clusterAllowed: version === WITH_OPERATIONS ? operationsIn(decoder.readInt32()) : null,
  };
}

function decodeTopic(decoder: Decoder, version: number): TopicDescription {
  const code = decoder.readInt16();
  const topic = decoder.readString() ?? '';
  decoder.readBoolean(); // internal
  const partitions = decoder.readArray((entry) => decodePartition(entry, version));
  return {
    topic,
    error: code === 0 ? null : errors.createErrorFromCode(code).type,
    partitions: partitions.sort((a, b) => a.partition - b.partition),
    allowed: version === WITH_OPERATIONS ? operationsIn(decoder.readInt32()) : null,
  };
}

function decodePartition(decoder: Decoder, version: number): PartitionDescription {
  decoder.readInt16(); // its error says no more than the leader does
  const partition = decoder.readInt32();
  const leader = decoder.readInt32();
  if (version === WITH_OPERATIONS) decoder.readInt32(); // leader epoch
  const ids = (entry: Decoder): number => entry.readInt32();
  const replicas = decoder.readArray(ids);
  const inSync = decoder.readArray(ids);
  decoder.readArray(ids); // offline replicas: those that are not in sync, and more
  return { partition, leader: leader < 0 ? null : leader, replicas, inSync };
}

/** One bit per operation; the lowest number there is when the broker was not asked or does not know. */
function operationsIn(bits: number): ReadonlySet<KafkaOperation> | null {
  if (bits === -(2 ** 31)) return null;
  const names = Object.keys(OPERATIONS) as KafkaOperation[];
  return new Set(names.filter((name) => (bits & (1 << OPERATIONS[name])) !== 0));
}
