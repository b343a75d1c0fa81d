import { connect, type Socket } from 'node:net';

/** Requests by their keys in Kafka's protocol. */
export const KAFKA_API = {
  produce: 0,
  fetch: 1,
  offsetCommit: 8,
  heartbeat: 12,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const;

export type KafkaApi = keyof typeof KAFKA_API;

interface Connection {
  readonly socket: Socket;
  /** Correlation ids of requests whose answers are to be lost, and whom to tell. */
  readonly losing: Map<number, () => void>;
  /** What waits while the network stands still: bytes to send, bytes that came. */
  readonly waiting: (() => void)[];
  /** Bytes of the answer under way that are still to come. */
  missing: number;
  /** Of an answer of which less than its size and its correlation id has come. */
  begun: Buffer;
}

/**
 * Faults on the connections of one kafkajs client (its `socketFactory`), at the level of requests: brokers tell clients
 * their own addresses, so a proxy in front of one would be left at once.
 */
export class KafkaFaults {
  private readonly connections = new Set<Connection>();
  private readonly losses: { readonly api: KafkaApi; remaining: number; lost: () => void }[] = [];
  private frozen = false;

  /** For clients without TLS. */
  readonly socketFactory = ({
    host,
    port,
    onConnect,
  }: {
    host: string;
    port: number;
    onConnect: () => void;
  }): Socket => {
    const socket = connect({ host, port }, onConnect);
    const connection: Connection = { socket, losing: new Map(), waiting: [], missing: 0, begun: EMPTY };
    this.connections.add(connection);
    socket.on('close', () => this.connections.delete(connection));
    const write = socket.write.bind(socket) as (bytes: Buffer, encoding?: BufferEncoding) => boolean;
    const emit = socket.emit.bind(socket) as (event: string, ...values: unknown[]) => boolean;
    // kafkajs writes one whole request at a time.
    socket.write = ((bytes: Buffer, encoding?: BufferEncoding) => {
      this.watch(connection, bytes);
      return this.pass(connection, () => write(bytes, encoding));
    }) as Socket['write'];
    socket.emit = ((event: string, ...values: unknown[]) => {
      if (event !== 'data') return emit(event, ...values);
      const { bytes, lost } = survivors(connection, values[0] as Buffer);
      if (bytes.length > 0) this.pass(connection, () => emit('data', bytes));
      if (lost === undefined) return true;
      socket.destroy(new Error('the answer was lost')); // with its connection, as when that breaks
      lost();
      return true;
    }) as Socket['emit'];
    return socket;
  };

  /**
   * The broker gets the n-th request from now of a kind and carries it out; its answer is lost with the connection.
   *
   * @returns resolves when that has happened
   */
  loseAnswer(api: KafkaApi, nth = 1): Promise<void> {
    return new Promise((lost) => this.losses.push({ api, remaining: nth, lost }));
  }

  /** Nothing gets through any more, in either direction, and nothing breaks: as for a process that stands still. */
  freeze(): void {
    this.frozen = true;
  }

  /** Everything that waited goes its way, in its order. */
  thaw(): void {
    this.frozen = false;
    for (const { waiting } of this.connections) for (const go of waiting.splice(0)) go();
  }

  private pass(connection: Connection, go: () => void): boolean {
    if (this.frozen) connection.waiting.push(go);
    else go();
    return true;
  }

  private watch(connection: Connection, bytes: Buffer): void {
    if (bytes.length < 12) return;
    const api = bytes.readInt16BE(4);
    const loss = this.losses.find((candidate) => KAFKA_API[candidate.api] === api);
    if (loss === undefined || --loss.remaining > 0) return;
    this.losses.splice(this.losses.indexOf(loss), 1);
    connection.losing.set(bytes.readInt32BE(8), loss.lost);
  }
}

const EMPTY = Buffer.alloc(0);
/** Size (4 bytes, of what follows it) and correlation id (4 bytes). */
const HEAD_BYTES = 8;

/** What of a chunk comes before an answer that is to be lost. */
function survivors(connection: Connection, chunk: Buffer): { readonly bytes: Buffer; readonly lost?: () => void } {
  const bytes = connection.begun.length === 0 ? chunk : Buffer.concat([connection.begun, chunk]);
  connection.begun = EMPTY;
  let at = Math.min(connection.missing, bytes.length);
  connection.missing -= at;
  while (connection.missing === 0 && at < bytes.length) {
    if (bytes.length - at < HEAD_BYTES) {
      connection.begun = bytes.subarray(at);
      return { bytes: bytes.subarray(0, at) };
    }
    const lost = connection.losing.get(bytes.readInt32BE(at + 4));
    if (lost !== undefined) return { bytes: bytes.subarray(0, at), lost };
    const size = 4 + bytes.readInt32BE(at);
    connection.missing = Math.max(0, at + size - bytes.length);
    at = Math.min(bytes.length, at + size);
  }
  return { bytes };
}
