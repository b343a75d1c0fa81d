import BrokerImplementation from 'kafkajs/src/broker/index.js';

/** What of a fetched record matters here. */
export interface FetchedRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  /** Of a control batch; kafkajs leaves such records out of what it hands over, and counts their offsets. */
  isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

/** A transaction of whose records some are in the answer. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** Version 0, type 0 (abort). */
const ABORT_MARKER = Buffer.alloc(4);

/**
 * Marks the records of aborted transactions, so that kafkajs leaves them out. Its own filter expects the transactions in the
 * order in which they began, and one record between the beginnings of two; brokers list them in the order in which they
 * ended. Where two producers write to one partition, it hands over records that never were committed.
 */
export function markAborted(
  records: readonly FetchedRecord[],
  aborted: readonly AbortedTransaction[] | null | undefined,
): void {
  if (aborted === null || aborted === undefined || aborted.length === 0) return;
  const begun = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => a.firstOffset - b.firstOffset);
  let next = 0;
  const open = new Set<string>();
  for (const record of records) {
    const offset = Number(record.offset);
    for (; next < begun.length && begun[next]!.firstOffset <= offset; next++) open.add(begun[next]!.producerId);
    const { producerId, inTransaction } = record.batchContext;
    if (record.isControlRecord) {
      if (record.key?.equals(ABORT_MARKER) === true) open.delete(producerId);
    } else if (inTransaction && open.has(producerId)) {
      record.isControlRecord = true;
    }
  }
}

interface FetchAnswer {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly messages: readonly FetchedRecord[];
      abortedTransactions: readonly AbortedTransaction[] | null;
    }[];
  }[];
}

interface BrokerPrototype {
  fetch(request: object): Promise<FetchAnswer>;
}

/** Sees to it that everything which this process fetches goes through `markAborted`. */
function leaveOutAborted(broker: BrokerPrototype): void {
  const fetch = broker.fetch;
  broker.fetch = async function (this: BrokerPrototype, request) {
    const answer = await fetch.call(this, request);
    for (const { partitions } of answer.responses) {
      for (const partition of partitions) {
        markAborted(partition.messages, partition.abortedTransactions);
        partition.abortedTransactions = []; // nothing is left for kafkajs' own filter
      }
    }
    return answer;
  };
}

leaveOutAborted((BrokerImplementation as unknown as { readonly prototype: BrokerPrototype }).prototype);
