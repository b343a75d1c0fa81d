import { consumerGroupOf, databaseOf, topicOf } from '#contracts';
import { decodeOffsetMetadata } from '#platform/kafka';
import type { Connections } from '../connections/connections.js';
import { RUN_HEADER, type Expected } from './electricity-feed.js';

/** What became of a run's events, read from ClickHouse and from the offsets, not from what services say of themselves. */
export interface Account {
  readonly logged: number;
  /** Different event ids among the logged. */
  readonly distinct: number;
  readonly quarantined: number;
  readonly deduplicated: number;
}

export class Ledger {
  private constructor(
    private readonly connections: Connections,
    private readonly pipeline: string,
    private readonly run: string,
    private readonly droppedBefore: number,
  ) {}

  static async open(connections: Connections, pipeline: string, run: string): Promise<Ledger> {
    return new Ledger(connections, pipeline, run, await droppedDuplicates(connections, pipeline));
  }

  async read(): Promise<Account> {
    const database = databaseOf(this.pipeline);
    const [predictions] = await this.query<{ logged: string; distinct: string }>(
      `SELECT count() AS logged, uniqExact(event_id) AS distinct FROM ${database}.predictions WHERE startsWith(event_id, {prefix:String})`,
    );
    const [quarantine] = await this.query<{ quarantined: string }>(
      `SELECT count() AS quarantined FROM ${database}.quarantine WHERE headers['${RUN_HEADER}'] = {run:String}`,
    );
    return {
      logged: Number(predictions?.logged ?? 0),
      distinct: Number(predictions?.distinct ?? 0),
      quarantined: Number(quarantine?.quarantined ?? 0),
      deduplicated: (await droppedDuplicates(this.connections, this.pipeline)) - this.droppedBefore,
    };
  }

  private async query<T>(sql: string): Promise<T[]> {
    const result = await this.connections.clickhouse().query({
      query: sql,
      query_params: { prefix: `nsw-${this.run}-`, run: this.run },
      format: 'JSONEachRow',
    });
    return result.json<T>();
  }
}

/**
 * Everything that is wrong with a run's sums; empty when published = logged + quarantined + deduplicated, none lost, none
 * twice. Good events may be quarantined as late when somebody else's moved the stream's clock: see `lateOnes`.
 */
export function discrepancies(published: number, expected: Expected, account: Account): readonly string[] {
  const { logged, distinct, quarantined, deduplicated } = account;
  const sum = logged + quarantined + deduplicated;
  const late = lateOnes(expected, account);
  return [
    ...(published === sum ? [] : [`published ${published}, but logged + quarantined + deduplicated is ${sum}`]),
    ...(logged + late === expected.good ? [] : [`${expected.good} good events were published, ${logged} are logged`]),
    ...(distinct === logged ? [] : [`${logged - distinct} events are logged more than once`]),
    ...(quarantined >= expected.spoiled
      ? []
      : [`${expected.spoiled} events were spoiled, ${quarantined} are in quarantine`]),
    ...(late > 0 || deduplicated === expected.repeated
      ? []
      : [`${expected.repeated} events were sent twice, ${deduplicated} were dropped`]),
  ];
}

/** Good events that went to quarantine, the repeated among them once more. */
export function lateOnes(expected: Expected, { quarantined, deduplicated }: Account): number {
  return Math.max(0, quarantined - expected.spoiled - (expected.repeated - deduplicated));
}

async function droppedDuplicates(connections: Connections, pipeline: string): Promise<number> {
  const admin = await connections.admin();
  const topics = [topicOf(pipeline, 'events')];
  const [offsets] = await admin.fetchOffsets({ groupId: consumerGroupOf('validation', pipeline), topics });
  return (offsets?.partitions ?? [])
    .map(({ metadata }) => decodeOffsetMetadata(metadata).dropped['duplicate'] ?? 0)
    .reduce((sum, count) => sum + count, 0);
}
