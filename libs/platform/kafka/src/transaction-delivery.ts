import type { Outcome, OutboundMessage } from '#platform/outcomes';
import { HEADER, topicOf } from '#contracts';
import { decodeBatch } from './decode-batch.js';
import {
  InputsTooLarge,
  QuarantineRefuses,
  type Delivery,
  type FetchedBatch,
  type Held,
  type StageSettings,
} from './delivery.js';
import type { FetchedMessage } from './kafkajs-internals.js';
import { reached } from './durable-steps.js';
import { sizeOf } from './outbound-message.js';
import { addDropped, encodeOffsetMetadata } from './offset-metadata.js';
import { quarantineRecord } from './quarantine-record.js';
import { splitByBytes } from './split-by-bytes.js';
import type { TransactionHandler } from './stage.js';
import { BatchTrace } from './stage-tracing.js';
import { MessagesTooLarge } from './transactional-producer.js';

export interface TransactionStage extends StageSettings {
  readonly handler: TransactionHandler;
}

// Outputs of one transaction may be larger than its inputs (a prediction carries its event), and stay in memory until it commits.
const MAX_INPUT_BYTES = 4 << 20;

/** Topic → topic, exactly once: outputs, quarantine records and the offset commit together. */
export class TransactionDelivery implements Delivery {
  constructor(private readonly stage: TransactionStage) {}

  async deliver(held: Held, batch: FetchedBatch): Promise<void> {
    const parts = splitByBytes(batch.messages, inputBytes, MAX_INPUT_BYTES, this.stage.maxRecords);
    for (const [index, part] of parts.entries()) {
      if (!batch.mayGoOn()) return;
      const last = Number(part.at(-1)!.offset);
      // The markers of upstream transactions follow the last record; passing them leaves no phantom lag.
      const nextOffset = (index === parts.length - 1 ? Math.max(last, batch.lastOffset) : last) + 1;
      await this.transact(held, batch, part, nextOffset);
      batch.resolve(last);
    }
  }

  private async transact(
    held: Held,
    batch: FetchedBatch,
    part: readonly FetchedMessage[],
    nextOffset: number,
  ): Promise<void> {
    const { handler, metrics, tracer, attributes } = this.stage;
    const { topic, partition, pipeline, signal } = batch;
    const started = performance.now();
    const trace = new BatchTrace(tracer, { ...attributes, partition }, part);
    try {
      const decoder = this.stage.decoder(batch);
      const { records, indexes, poison } = await decodeBatch(topic, partition, part, decoder, trace, batch.tooLarge);
      const result =
        records.length === 0
          ? { outcomes: [], checkpoint: () => held.metadata.checkpoint }
          : await trace.run(() => handler(records, { pipeline, topic, partition, lease: held.lease, signal }));
      if (result.outcomes.length !== records.length) {
        throw new Error(
          `the handler of ${topic} returned ${result.outcomes.length} outcomes for ${records.length} records; it owes one for each`,
        );
      }
      await reached('handled', { group: attributes.group, topic, partition });
      const outbox = new Outbox(batch, this.stage.stage, trace);
      for (const [index, outcome] of poison) outbox.add(part[index]!, index, outcome);
      result.outcomes.forEach((outcome, i) => outbox.add(part[indexes[i]!]!, indexes[i]!, outcome));

      let metadata = held.metadata;
      await held.producer
        .commit(outbox.messages, {
          group: attributes.group,
          topic,
          partition,
          nextOffset,
          metadata: (produced) => {
            metadata = {
              checkpoint: result.checkpoint === undefined ? held.metadata.checkpoint : result.checkpoint(produced),
              dropped: addDropped(held.metadata.dropped, outbox.dropped),
              pending: null,
            };
            return encodeOffsetMetadata(metadata);
          },
        })
        .catch((error: unknown) => {
          throw error instanceof MessagesTooLarge ? outbox.refusal(error.refused, part) : error;
        });
      held.metadata = metadata;
      held.position = nextOffset;
      metrics.outcome('emitted', outbox.emitted);
      for (const [reason, count] of outbox.quarantined) metrics.outcome('quarantined', count, reason);
      for (const [reason, count] of outbox.dropped) metrics.outcome('dropped', count, reason);
      metrics.batch(part, (performance.now() - started) / 1_000, Date.now());
      trace.end();
    } catch (error) {
      trace.end(error);
      throw error;
    }
  }
}

/** Turns outcomes into the messages of one transaction, and counts them. */
class Outbox {
  readonly messages: OutboundMessage[] = [];
  /** Index in the part of the record that each message comes from. */
  private readonly origins: number[] = [];
  readonly quarantined = new Map<string, number>();
  readonly dropped = new Map<string, number>();
  emitted = 0;
  private readonly atMs = Date.now();

  constructor(
    private readonly batch: FetchedBatch,
    private readonly stage: string,
    private readonly trace: BatchTrace,
  ) {}

  add(original: FetchedMessage, index: number, outcome: Outcome): void {
    const traceparent = this.trace.traceparent(index);
    switch (outcome.kind) {
      case 'emit':
        this.emitted++;
        // As Kafka Streams does: a record's age, wherever it is measured, counts from when its event was published.
        for (const message of outcome.messages) this.push(index, message, traceparent, Number(original.timestamp));
        return;
      case 'quarantine': {
        const { topic, partition, pipeline } = this.batch;
        const { reason, message, origin } = outcome;
        count(this.quarantined, reason);
        this.trace.quarantined(index, reason, message);
        const facts = {
          pipeline: pipeline.definition.name,
          stage: this.stage,
          topic,
          partition,
          reason,
          message,
          atMs: this.atMs,
          origin,
        };
        this.push(index, quarantineRecord(original, facts), traceparent, undefined);
        return;
      }
      case 'drop':
        count(this.dropped, outcome.reason);
    }
  }

  /** What to do about messages that their topics don't take. */
  refusal(refused: readonly number[], part: readonly FetchedMessage[]): InputsTooLarge | QuarantineRefuses {
    const offsets = new Map<number, string>();
    for (const index of refused) {
      const message = this.messages[index]!;
      const size = sizeOf(message);
      if (message.topic === topicOf(this.batch.pipeline.definition.name, 'quarantine')) {
        return new QuarantineRefuses(message, size);
      }
      const why = `an output of about ${size} bytes does not fit into ${message.topic} (max.message.bytes)`;
      offsets.set(Number(part[this.origins[index]!]!.offset), why);
    }
    return new InputsTooLarge(offsets);
  }

  private push(
    index: number,
    message: OutboundMessage,
    inheritedTrace: string | undefined,
    inheritedMs: number | undefined,
  ): void {
    const { topic, key, value, partition, timestampMs = inheritedMs, traceparent = inheritedTrace } = message;
    const headers =
      traceparent === undefined ? message.headers : { ...message.headers, [HEADER.traceparent]: traceparent };
    this.origins.push(index);
    this.messages.push({ topic, key, value, headers, partition, timestampMs });
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function inputBytes({ key, value }: FetchedMessage): number {
  return 64 + (key?.length ?? 0) + (value?.length ?? 0);
}
