import type { ClickHouseClient } from '@clickhouse/client';
import {
  databaseOf,
  type AvroField,
  type Feature,
  type LogCut,
  type Measurement,
  type MonitorDefinition,
  type PipelineDefinition,
} from '#contracts';
import { compileMonitors, toEvidence, type CompiledMonitor, type MonitorContext } from '#domain/monitors';
import { applyTables, createClickHouse, planTables } from '#platform/clickhouse';
import { stack, uniqueName } from '#platform/testing';

/** Longer than any log of a test: everything that is in the log is within the cut. */
const ALL = Array.from({ length: 8 }, () => Number.MAX_SAFE_INTEGER);
export const WHOLE_LOG: LogCut = { predictions: ALL, outcomes: ALL, quarantine: ALL };

/** Settings of a monitor that a test need not name. */
export const A_MONITOR = {
  name: 'watch',
  everyMs: 60_000,
  windowMs: 60_000,
  minRows: 1,
  fireAfter: 2,
  resolveAfter: 2,
  hysteresis: 0,
  rules: [],
} as const satisfies Partial<MonitorDefinition>;

/** A pipeline whose events have the fields `id`, `key` and `at`, one for each feature, and `fields`. */
export function aMonitoredPipeline({
  features = [],
  fields = [],
  monitors = [],
  slices = [],
  ...changes
}: Partial<Omit<PipelineDefinition, 'features' | 'monitoring'>> & {
  readonly features?: readonly Pick<Feature, 'name' | 'type'>[];
  readonly fields?: readonly AvroField[];
  readonly monitors?: readonly MonitorDefinition[];
  readonly slices?: readonly string[];
}): PipelineDefinition {
  return {
    name: uniqueName('monitors'),
    event: {
      schema: {
        type: 'record',
        name: 'Reading',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'key', type: 'string' },
          { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
          ...features.map(({ name, type }) => ({
            name,
            type: ['null', type === 'number' ? 'double' : 'string'],
            default: null,
          })),
          ...fields,
        ],
      },
      id: 'id',
      key: 'key',
      time: 'at',
    },
    expectations: [],
    dedupeWindowMs: null,
    features: features.map(({ name, type }) => ({ name, type, kind: 'field', field: name })),
    model: { task: 'binary-classification', threshold: 0.5 },
    label: {
      schema: {
        type: 'record',
        name: 'Label',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'label', type: 'double' },
        ],
      },
      match: { by: 'id', field: 'id' },
      field: 'label',
      values: { kind: 'number' },
      time: null,
      revision: null,
      withinMs: 3_600_000,
    },
    topics: { partitions: 2, replicationFactor: 1, retentionMs: 3_600_000, maxMessageBytes: 1_048_576 },
    monitoring: { graceMs: 0, slices, receivers: [], monitors },
    ...changes,
  };
}

export interface MonitorRun {
  readonly measurements: readonly Measurement[];
  readonly memory: unknown;
  readonly query: string;
  readonly rows: readonly Record<string, unknown>[];
  /** As ClickHouse tells it. */
  readonly clickhouseMs: number;
}

/** A database of a pipeline's real tables, filled by a test, and its monitors run over it. */
export class MonitoredLog {
  readonly database: string;
  private readonly client: ClickHouseClient = createClickHouse(stack().clickhouseUrl);

  private constructor(readonly definition: PipelineDefinition) {
    this.database = databaseOf(definition.name);
  }

  static async create(definition: PipelineDefinition): Promise<MonitoredLog> {
    const log = new MonitoredLog(definition);
    await applyTables(log.client, await planTables(log.client, definition));
    return log;
  }

  async drop(): Promise<void> {
    await this.command(`DROP DATABASE IF EXISTS ${this.database} SYNC`);
    await this.client.close();
  }

  async command(query: string): Promise<void> {
    await this.client.command({ query });
  }

  async select<Row = Record<string, unknown>>(query: string): Promise<Row[]> {
    return (await this.client.query({ query, format: 'JSONEachRow' })).json<Row>();
  }

  /** Columns that are left out get their type's default; times in ms; NaN and infinities are kept. */
  async insert(table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    const values = rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, spelled(v)])));
    await this.client.insert({ table: `${this.database}.${table}`, values, format: 'JSONEachRow' });
  }

  /**
   * Predictions made of a SELECT, for many rows at once.
   *
   * @param columns names and expressions over `number` and one another
   */
  async generate(table: string, rows: number, columns: Readonly<Record<string, string>>): Promise<void> {
    const names = Object.keys(columns);
    await this.command(
      `INSERT INTO ${this.database}.${table} (${names.join(', ')}) SELECT ${names.map((name) => `${columns[name]} AS ${name}`).join(', ')} FROM numbers(${rows})`,
    );
  }

  monitor(name: string): CompiledMonitor {
    const found = compileMonitors(this.definition).find(({ definition }) => definition.name === name);
    if (found === undefined) throw new Error(`the pipeline has no monitor ${name}`);
    return found;
  }

  /** Runs one monitor for one window, as the engine does. */
  async run(name: string, context: MonitorContext, memory?: unknown): Promise<MonitorRun> {
    const monitor = this.monitor(name);
    const query = monitor.query(context, memory);
    const result = await this.client.query({ query, format: 'JSONEachRow' });
    const summary = JSON.parse(String(result.response_headers['x-clickhouse-summary'] ?? '{}')) as {
      elapsed_ns?: string;
    };
    const rows = await result.json<Record<string, unknown>>();
    const judged = monitor.judge(rows, context, memory);
    return {
      measurements: judged.measurements,
      memory: judged.memory,
      query,
      rows,
      clickhouseMs: Number(summary.elapsed_ns ?? 0) / 1e6,
    };
  }

  /** What an alert on a measurement would carry. */
  async evidence(name: string, measurement: Measurement, context: MonitorContext) {
    const query = this.monitor(name).evidenceQuery(measurement, context);
    return toEvidence(measurement, query === null ? [] : await this.select(query));
  }
}

/** JSON has no NaN and no infinity; ClickHouse reads them as text. */
function spelled(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value).replace('Infinity', 'inf') : value;
}
