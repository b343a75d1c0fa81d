import { setTimeout as sleep } from 'node:timers/promises';
import type { OutboundMessage } from '#platform/outcomes';
import { batchSizeFor, waitBeforeNextMs } from './pace.js';
import type { SourceRow } from './event-source.js';

/** An event or a label ready to go, with what has to be told (its span) once it has gone or failed. */
export interface PreparedEvent {
  readonly message: OutboundMessage;
  readonly settled?: (error?: unknown) => void;
}

export type Preparation =
  { readonly ok: true; readonly event: PreparedEvent } | { readonly ok: false; readonly message: string };

export interface PublishEventsOptions {
  /** Row → encoded message, or the reason why the row is none. */
  readonly prepare: (fields: Readonly<Record<string, unknown>>) => Preparation;
  /** Resolves when all in-sync replicas have the messages. */
  readonly publish: (messages: readonly OutboundMessage[]) => Promise<void>;
  /** Events per second; left out: as fast as it goes. */
  readonly ratePerSecond?: number;
  /** Most rows taken. */
  readonly limit?: number;
  /** First data row taken, from 1. */
  readonly fromRow?: number;
  /** Stop at the first row that is no event. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  readonly onRejected?: (row: { readonly line: number; readonly row: number; readonly message: string }) => void;
  readonly onProgress?: (counts: PublishCounts) => void;
}

export interface PublishCounts {
  /** Rows taken, from `fromRow` on. */
  readonly read: number;
  /** Acknowledged by all in-sync replicas. */
  readonly published: number;
  readonly rejected: number;
  readonly bytes: number;
  readonly elapsedMs: number;
}

export interface PublishResult extends PublishCounts {
  readonly end: 'finished' | 'interrupted' | 'rejected' | 'failed';
  /** The first row that is not known to be published; where to go on with `fromRow`. */
  readonly nextRow: number;
  /** Why publishing failed, with `end: 'failed'`. */
  readonly failure?: Error;
}

const MOST_PER_BATCH = 500;
/** Unacknowledged batches: enough to keep the broker busy, few enough to bound memory. */
const MOST_IN_FLIGHT = 8;
/** A slow source (`tail -f … | eddyline publish … -`) never holds an event back longer than this. */
const LINGER_MS = 50;

/**
 * Publishes rows as events, in their order per key, and resolves when every one of them is acknowledged or refused.
 * A row that is no event is told to `onRejected` and the rest goes on. Aborting `signal` stops reading and still waits
 * for what is under way. Never throws for a failed publish: the result says so, with the row to go on from.
 */
export async function publishEvents(
  rows: AsyncIterable<SourceRow>,
  options: PublishEventsOptions,
): Promise<PublishResult> {
  return new EventPublication(options).run(rows);
}

interface PendingEvent extends PreparedEvent {
  readonly row: number;
}

class EventPublication {
  private readonly startedMs = performance.now();
  private readonly batchSize: number;
  private readonly fromRow: number;
  private readonly inFlight = new Map<Promise<void>, number>();
  private batch: PendingEvent[] = [];
  private linger: NodeJS.Timeout | undefined;
  private read = 0;
  private queued = 0;
  private published = 0;
  private rejected = 0;
  private bytes = 0;
  private nextRow: number;
  private failure: { readonly cause: Error; readonly row: number } | undefined;

  constructor(private readonly options: PublishEventsOptions) {
    this.batchSize = batchSizeFor(options.ratePerSecond, MOST_PER_BATCH);
    this.fromRow = options.fromRow ?? 1;
    this.nextRow = this.fromRow;
  }

  async run(rows: AsyncIterable<SourceRow>): Promise<PublishResult> {
    const end = await this.consume(rows);
    this.flush();
    await Promise.all(this.inFlight.keys());
    const failed = this.failure;
    return {
      ...this.counts(),
      end: failed ? 'failed' : end,
      nextRow: failed?.row ?? this.nextRow,
      ...(failed && { failure: failed.cause }),
    };
  }

  private async consume(rows: AsyncIterable<SourceRow>): Promise<PublishResult['end']> {
    const { signal, limit = Infinity, strict = false } = this.options;
    if (limit <= 0) return 'finished';
    for await (const row of rows) {
      if (signal?.aborted) return 'interrupted';
      if (row.row < this.fromRow) continue;
      const accepted = this.take(row);
      this.nextRow = row.row + 1;
      if (!accepted && strict) return 'rejected';
      if (this.batch.length >= this.batchSize) {
        this.flush();
        await this.roomAndTime();
      }
      if (this.failure) return 'failed';
      if (this.read >= limit) return 'finished';
    }
    return signal?.aborted ? 'interrupted' : 'finished';
  }

  private take(row: SourceRow): boolean {
    this.read++;
    const prepared =
      row.kind === 'fields' ? this.options.prepare(row.fields) : { ok: false as const, message: row.message };
    if (!prepared.ok) {
      this.rejected++;
      this.options.onRejected?.({ line: row.line, row: row.row, message: prepared.message });
      return false;
    }
    this.batch.push({ ...prepared.event, row: row.row });
    this.queued++;
    this.linger ??= setTimeout(() => this.flush(), LINGER_MS);
    return true;
  }

  private flush(): void {
    clearTimeout(this.linger);
    this.linger = undefined;
    const batch = this.batch;
    const first = batch[0];
    if (!first) return;
    this.batch = [];
    const sending = this.send(batch).finally(() => this.inFlight.delete(sending));
    this.inFlight.set(sending, first.row);
  }

  private async send(batch: readonly PendingEvent[]): Promise<void> {
    try {
      await this.options.publish(batch.map((event) => event.message));
    } catch (cause) {
      const row = batch[0]?.row ?? this.nextRow;
      // Batches are acknowledged out of order at worst; the earliest that failed is where to go on.
      const reason = cause instanceof Error ? cause : new Error(String(cause));
      if (!this.failure || row < this.failure.row) this.failure = { cause: reason, row };
      for (const event of batch) event.settled?.(cause);
      return;
    }
    for (const event of batch) {
      this.bytes += event.message.value?.byteLength ?? 0;
      event.settled?.();
    }
    this.published += batch.length;
    this.options.onProgress?.(this.counts());
  }

  /** Back-pressure: waits until a batch may go, by acknowledgements outstanding and by the rate asked for. */
  private async roomAndTime(): Promise<void> {
    while (this.inFlight.size >= MOST_IN_FLIGHT && !this.failure) await Promise.race(this.inFlight.keys());
    const waitMs = waitBeforeNextMs(this.queued, performance.now() - this.startedMs, this.options.ratePerSecond);
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.options.signal }).catch(() => undefined);
  }

  private counts(): PublishCounts {
    return {
      read: this.read,
      published: this.published,
      rejected: this.rejected,
      bytes: this.bytes,
      elapsedMs: performance.now() - this.startedMs,
    };
  }
}
