import type { OutboundMessage } from '#platform/outcomes';
import { decodeBatch } from './decode-batch.js';
import { QuarantineRefuses, type Delivery, type FetchedBatch, type Held, type StageSettings } from './delivery.js';
import { reached, type StepPlace } from './durable-steps.js';
import type { FetchedMessage } from './kafkajs-internals.js';
import { encodeOffsetMetadata } from './offset-metadata.js';
import { sizeOf } from './outbound-message.js';
import { quarantineRecord } from './quarantine-record.js';
import type { IntentHandler, IntentRange } from './stage.js';
import { BatchTrace } from './stage-tracing.js';
import { MessagesTooLarge } from './transactional-producer.js';

export interface IntentStage extends StageSettings {
  readonly handler: IntentHandler;
}

/** Thrown when a commit with the group's generation could not be confirmed: the partition is given up before any write. */
export class OwnershipUnsure extends Error {
  override readonly name = 'OwnershipUnsure';
}

/**
 * Topic → outside store, effectively once. A range of offsets is written down in the offset's metadata before it is
 * handed over, so that whoever takes the partition over hands over exactly the same range with the same token, which the
 * store recognises. Order of durability for a range [s, e):
 *
 * 1. commit offset s with the intent [s, e) — refused here when another member owns the partition;
 * 2. the handler writes the range under its token; a death before or after leaves the intent, and the range is repeated;
 * 3. commit offset e with the next intent (or none) — a death before it repeats the range, and the store drops the repetition.
 *
 * A range with records that cannot be decoded ends otherwise: 3. their quarantine records and offset e are committed in one
 * transaction of the partition's producer — a death before it repeats the range and nobody has seen the records, a death after
 * it nothing. The next intent is an ordinary commit again. It may reach the coordinator before the transaction's markers
 * do; of two commits the coordinator keeps the one that was appended last, so the older does not come back.
 */
export class IntentDelivery implements Delivery {
  constructor(private readonly stage: IntentStage) {}

  async deliver(held: Held, batch: FetchedBatch): Promise<void> {
    let rest = batch.messages;
    let wrote = false;
    if (held.metadata.pending !== null) {
      const left = await this.finishPending(held, batch, held.metadata.pending);
      if (left === null) return;
      rest = left;
      wrote = true;
    }
    let next = 0;
    for (; next < rest.length && batch.mayGoOn(); next += this.stage.maxRecords) {
      const part = rest.slice(next, next + this.stage.maxRecords);
      const start = held.position ?? Number(part[0]!.offset);
      const end = Number(part.at(-1)!.offset) + 1;
      await this.commit(held, batch, start, [start, end]); // (1), and (3) of the range before
      await this.finish(held, batch, part, [start, end], false); // (2)
      wrote = true;
    }
    const done = next >= rest.length;
    // A service that stops commits what it has written, so that nothing is handed over again.
    if (!batch.owned() || !(done || wrote)) return;
    await this.commit(held, batch, done ? Math.max(held.position ?? 0, batch.lastOffset + 1) : held.position!, null); // (3)
  }

  /** Re-forms the range that an earlier owner had begun; null while parts of it are still to be fetched. */
  private async finishPending(
    held: Held,
    batch: FetchedBatch,
    pending: readonly [number, number],
  ): Promise<readonly FetchedMessage[] | null> {
    const end = pending[1];
    held.buffered.push(...batch.messages.filter(({ offset }) => Number(offset) < end));
    if (batch.lastOffset < end - 1) {
      batch.resolve(batch.lastOffset);
      return null;
    }
    if (!batch.mayGoOn()) return null;
    await this.finish(held, batch, held.buffered, pending, true);
    held.buffered = [];
    return batch.messages.filter(({ offset }) => Number(offset) >= end);
  }

  private async commit(
    held: Held,
    batch: FetchedBatch,
    offset: number,
    pending: readonly [number, number] | null,
  ): Promise<void> {
    const metadata = { ...held.metadata, pending };
    await batch.commit(offset, encodeOffsetMetadata(metadata));
    held.metadata = metadata;
    held.position = offset;
    await reached(pending === null ? 'range_committed' : 'intent_committed', this.placeOf(batch));
    // A commit that raced with a rebalance may have been left out silently.
    if (pending !== null && !batch.owned())
      throw new OwnershipUnsure('the partition was given up while its intent was committed');
  }

  private async finish(
    held: Held,
    batch: FetchedBatch,
    part: readonly FetchedMessage[],
    [start, end]: readonly [number, number],
    repeated: boolean,
  ): Promise<void> {
    const range: IntentRange = { start, end, token: `${batch.topic}-${batch.partition}-${start}-${end}`, repeated };
    const unreadable = await this.write(held, batch, part, range);
    const metadata = { ...held.metadata, pending: null };
    if (unreadable.length > 0) {
      const { topic, partition } = batch;
      const encoded = encodeOffsetMetadata(metadata);
      const group = this.stage.attributes.group;
      await held.producer
        .commit(unreadable, { group, topic, partition, nextOffset: end, metadata: () => encoded })
        .catch((error: unknown) => {
          const refused = error instanceof MessagesTooLarge ? unreadable[error.refused[0]!]! : null;
          throw refused === null ? error : new QuarantineRefuses(refused, sizeOf(refused));
        });
    }
    held.metadata = metadata;
    held.position = end;
    batch.resolve(end - 1);
  }

  /** @returns the quarantine records of what cannot be decoded */
  private async write(
    held: Held,
    batch: FetchedBatch,
    part: readonly FetchedMessage[],
    range: IntentRange,
  ): Promise<readonly OutboundMessage[]> {
    const { topic, partition, pipeline, signal } = batch;
    const { handler, metrics, tracer, attributes, stage } = this.stage;
    const started = performance.now();
    const trace = new BatchTrace(tracer, { ...attributes, partition }, part);
    try {
      const { records, poison } = await decodeBatch(topic, partition, part, this.stage.decoder(batch), trace);
      // The last moment: the store's memory of tokens ends somewhere, and a write begun after a long sleep may lie behind it.
      if (!batch.owned() || !batch.inSession()) {
        throw new OwnershipUnsure('the group has not heard of this member for a whole session, or has given it up');
      }
      if (records.length > 0) {
        await trace.run(() => handler(records, { pipeline, topic, partition, lease: held.lease, signal, range }));
      }
      await reached('written', this.placeOf(batch));
      const atMs = Date.now();
      const unreadable = [...poison].map(([index, { reason, message }]) => {
        trace.quarantined(index, reason, message);
        metrics.outcome('quarantined', 1, reason);
        const facts = { pipeline: pipeline.definition.name, stage, topic, partition, reason, message, atMs };
        return quarantineRecord(part[index]!, facts);
      });
      metrics.outcome('written', records.length);
      metrics.batch(part, (performance.now() - started) / 1_000, Date.now());
      trace.end();
      return unreadable;
    } catch (error) {
      trace.end(error);
      throw error;
    }
  }

  private placeOf({ topic, partition }: FetchedBatch): StepPlace {
    return { group: this.stage.attributes.group, topic, partition };
  }
}
