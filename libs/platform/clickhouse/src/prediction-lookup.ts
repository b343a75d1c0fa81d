import type { ClickHouseClient } from '@clickhouse/client';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AHEAD_MS, databaseOf, sqlIdentifier, type PipelineDefinition } from '#contracts';
import { classifyClickHouseError } from './clickhouse-errors.js';
import type { LoggedPrediction } from './prediction-columns.js';
import { RowBinaryReader } from './row-binary-reader.js';
import { storedPrediction, type StoredPrediction } from './stored-prediction.js';
import { qualifiedName } from './table-sql.js';

/** An event that is known by its key and its time, ms since epoch, which must lie within 1900–2299. */
export interface KeyAndTime {
  readonly key: string;
  readonly timeMs: number;
}

/** Ids are up to as large as a record may be, and stand in the text of the query. */
const MAX_QUERY_BYTES = 64 << 20;
/** A partition whose last event was scored this much earlier than the log's last is idle: the clock does not wait for it. */
const IDLE_MS = 3_600_000;

/** So long an answer of the clock stands for those that ask next: partitions wait for the log side by side. */
const CLOCK_STANDS_MS = 200;

/** How far one partition of `<p>.predictions` is in the log, ms since epoch. */
interface PartitionClock {
  readonly eventMs: number;
  readonly predictedMs: number;
}

/** Finds the predictions that were served for events: of several for one event the earliest, and never a shadow's. */
export class PredictionLookup {
  private readonly stored: StoredPrediction;
  private readonly table: string;
  private readonly clocks = new Map<number, PartitionClock>();
  /** The last look at the clock, and until when it stands, by performance.now(): Infinity while it is under way. */
  private lastLook: { readonly clockMs: Promise<number>; untilMs: number } | undefined;

  constructor(
    private readonly client: ClickHouseClient,
    private readonly definition: Pick<PipelineDefinition, 'name' | 'event' | 'features'>,
  ) {
    this.stored = storedPrediction(definition);
    this.table = qualifiedName({ database: databaseOf(definition.name), name: 'predictions' });
  }

  /**
   * @returns by event id; ids that the log does not hold yet are missing
   * @throws Retriable('clickhouse_unreachable')
   */
  async byIds(ids: readonly string[]): Promise<ReadonlyMap<string, LoggedPrediction>> {
    const found = await this.select(lookupByIdsSql(this.table, this.stored, ids), 'predictions by id', ids.length);
    return new Map(found.map((prediction) => [prediction.record.event_id, prediction]));
  }

  /**
   * @returns by `keyAndTime`
   * @throws Retriable('clickhouse_unreachable')
   */
  async byKeysAndTimes(events: readonly KeyAndTime[]): Promise<ReadonlyMap<string, LoggedPrediction>> {
    const sql = lookupByKeysAndTimesSql(this.table, this.stored, events);
    const found = await this.select(sql, 'predictions by key and time', events.length);
    return new Map(
      found.map((prediction) => {
        const { event_key, event_time } = prediction.record;
        return [keyAndTime({ key: event_key, timeMs: event_time }), prediction];
      }),
    );
  }

  /**
   * How far the log has come: of the latest event times of its partitions the earliest, ms since epoch; -Infinity of an empty
   * log. It may have come further since. Only what lies behind the last answer is looked at, which the sorting key finds.
   *
   * @throws Retriable('clickhouse_unreachable')
   */
  clockMs(): Promise<number> {
    if (this.lastLook === undefined || performance.now() >= this.lastLook.untilMs) {
      const look = { clockMs: this.look(), untilMs: Infinity };
      look.clockMs.then(
        () => (look.untilMs = performance.now() + CLOCK_STANDS_MS),
        () => (look.untilMs = -Infinity),
      );
      this.lastLook = look;
    }
    return this.lastLook.clockMs;
  }

  private async look(): Promise<number> {
    const reader = new RowBinaryReader(
      await this.query(clockSql(this.table, this.slowestMs()), 'the clock of the log'),
    );
    while (!reader.isAtEnd) {
      const partition = reader.int32();
      const { eventMs, predictedMs } = this.clocks.get(partition) ?? { eventMs: -Infinity, predictedMs: -Infinity };
      this.clocks.set(partition, {
        eventMs: Math.max(eventMs, reader.int64()),
        predictedMs: Math.max(predictedMs, reader.int64()),
      });
    }
    return this.slowestMs();
  }

  private slowestMs(): number {
    const clocks = [...this.clocks.values()];
    const busySince = Math.max(...clocks.map(({ predictedMs }) => predictedMs)) - IDLE_MS;
    const busy = clocks.filter(({ predictedMs }) => predictedMs >= busySince);
    return busy.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...busy.map(({ eventMs }) => eventMs));
  }

  private async select(sql: string, what: string, count: number): Promise<readonly LoggedPrediction[]> {
    if (count === 0) return [];
    const reader = new RowBinaryReader(await this.query(sql, what));
    const found: LoggedPrediction[] = [];
    while (!reader.isAtEnd) found.push(this.stored.read(reader));
    return found;
  }

  private async query(query: string, what: string): Promise<Buffer> {
    const name = `${this.definition.name} ${what}`;
    const attributes = { 'db.system.name': 'clickhouse', 'db.operation.name': 'SELECT', 'db.query.summary': name };
    const tracer = trace.getTracer('eddyline.clickhouse');
    return tracer.startActiveSpan(name, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      try {
        const { stream } = await this.client.exec({
          query,
          // Until the answer is complete it may still turn into an error.
          clickhouse_settings: { max_query_size: String(MAX_QUERY_BYTES), wait_end_of_query: 1 },
        });
        const chunks: Buffer[] = [];
        for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
        return Buffer.concat(chunks);
      } catch (error) {
        const meaning = classifyClickHouseError(error, `looking up ${name}`);
        span.setStatus({ code: SpanStatusCode.ERROR, message: meaning.message });
        throw meaning;
      } finally {
        span.end();
      }
    });
  }
}

export function keyAndTime({ key, timeMs }: KeyAndTime): string {
  return `${timeMs}/${key}`;
}

/** The bloom filter on `event_id` says in which granules to look. */
export function lookupByIdsSql(table: string, stored: StoredPrediction, ids: readonly string[]): string {
  return lookupSql(table, stored, `event_id IN (${ids.map(text).join(', ')})`, ['event_id']);
}

/** The sorting key finds the times. */
export function lookupByKeysAndTimesSql(
  table: string,
  stored: StoredPrediction,
  events: readonly KeyAndTime[],
): string {
  const times = [...new Set(events.map(({ timeMs }) => timeMs))].map(time).join(', ');
  const pairs = events.map(({ key, timeMs }) => `(${time(timeMs)}, ${text(key)})`).join(', ');
  const where = `event_time IN (${times}) AND (event_time, event_key) IN (${pairs})`;
  return lookupSql(table, stored, where, ['event_time', 'event_key']);
}

function lookupSql(table: string, { columns }: StoredPrediction, where: string, by: readonly string[]): string {
  const names = columns.map(({ name }) => sqlIdentifier(name)).join(', ');
  return (
    `SELECT ${names} FROM ${table} WHERE ${where} AND role != 'shadow'\n` +
    `ORDER BY ${by.join(', ')}, predicted_at, log_partition, log_offset LIMIT 1 BY ${by.join(', ')}\n` +
    `FORMAT RowBinary`
  );
}

export function clockSql(table: string, afterMs: number): string {
  const after = Number.isFinite(afterMs) ? ` AND event_time > ${time(afterMs)}` : '';
  return (
    `SELECT log_partition, max(event_time), max(predicted_at) FROM ${table}\n` +
    `WHERE event_time <= predicted_at + toIntervalMillisecond(${AHEAD_MS})${after}\n` +
    `GROUP BY log_partition FORMAT RowBinary`
  );
}

/** As DateTime64(3, 'UTC') reads it. */
function time(ms: number): string {
  return `'${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')}'`;
}

function text(value: string): string {
  return `'${value.replace(/[\\']/g, (c) => `\\${c}`).replaceAll('\0', '\\0')}'`;
}
