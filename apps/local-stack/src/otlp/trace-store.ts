import { createClient, type ClickHouseClient } from '@clickhouse/client';
import type { SpanRow } from './span-rows.js';
import { CREATE_TRACES_TABLES, TRACES_TABLE } from './traces-tables.js';

const FLUSH_EVERY_MS = 250;
const RETRY_AFTER_MS = 1_000;
const BATCH_ROWS = 10_000;
/** Sum of the request bodies that wait; a row takes a few times its bytes on the wire. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

interface Waiting {
  readonly rows: readonly SpanRow[];
  readonly sizeBytes: number;
}

/**
 * Spans on their way to `otel_traces`. They are inserted in batches a moment after they came, as the Collector's batch
 * processor does: a crash loses that moment. While ClickHouse is away they wait, up to a bound; then no more are taken.
 */
export class TraceStore {
  private readonly client: ClickHouseClient;
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private inserting: Promise<void> = Promise.resolve();
  private isAway = false;

  constructor(clickhouseUrl: string) {
    this.client = createClient({ url: clickhouseUrl, request_timeout: 30_000, compression: { request: false } });
  }

  /** Creates the tables when they are missing. */
  async open(): Promise<void> {
    for (const query of CREATE_TRACES_TABLES) await this.client.command({ query });
  }

  /** Takes rows over, or answers false when too much waits already: the sender should come again later. */
  offer(rows: readonly SpanRow[], sizeBytes: number): boolean {
    if (rows.length === 0) return true;
    if (this.waitingBytes > 0 && this.waitingBytes + sizeBytes > MAX_WAITING_BYTES) return false;
    this.waiting.push({ rows, sizeBytes });
    this.waitingBytes += sizeBytes;
    this.schedule(FLUSH_EVERY_MS);
    return true;
  }

  /** Inserts what waits, once, and closes. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.inserting;
    while (this.waiting.length > 0 && !this.isAway) await this.insertBatch();
    await this.client.close();
  }

  /** Closes, and forgets what waits. */
  async abandon(): Promise<void> {
    clearTimeout(this.timer);
    this.waiting.length = 0;
    this.waitingBytes = 0;
    await this.client.close();
  }

  private schedule(delayMs: number): void {
    this.timer ??= setTimeout(() => {
      this.inserting = this.insertBatch().then(() => {
        this.timer = undefined;
        if (this.waiting.length > 0) this.schedule(this.isAway ? RETRY_AFTER_MS : 0);
      });
    }, delayMs);
  }

  private async insertBatch(): Promise<void> {
    const batch: Waiting[] = [];
    for (let rowCount = 0; this.waiting.length > batch.length && rowCount < BATCH_ROWS;) {
      const next = this.waiting[batch.length]!;
      batch.push(next);
      rowCount += next.rows.length;
    }
    try {
      const values = batch.flatMap(({ rows }) => rows);
      await this.client.insert({ table: TRACES_TABLE, values, format: 'JSONEachRow' });
      this.isAway = false;
    } catch (error) {
      if (!this.isAway) process.stderr.write(`OTLP receiver: ${String(error)}; the spans wait\n`);
      this.isAway = true;
      return; // they stay at the head of the queue
    }
    this.waiting.splice(0, batch.length);
    for (const { sizeBytes } of batch) this.waitingBytes -= sizeBytes;
  }
}
