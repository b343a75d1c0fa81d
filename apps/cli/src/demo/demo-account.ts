import { consumerGroupOf, databaseOf, topicOf } from '#contracts';
import { decodeOffsetMetadata } from '#platform/kafka';
import type { Connections } from '../connections/connections.js';
import { RUN_HEADER, type Expected } from './electricity-feed.js';
import { waitingLabels } from './waiting-labels.js';

/** What became of a run's events and labels, read from ClickHouse, topics and offsets, not from what services say of themselves. */
export interface Account {
  readonly logged: number;
  /** Different event ids among the logged. */
  readonly distinct: number;
  readonly quarantined: number;
  readonly deduplicated: number;
  readonly labels: LabelAccount;
}

export interface LabelAccount {
  /** Events whose label was joined: rows of `outcomes`. */
  readonly joined: number;
  /** Joins: more than `joined` where a label was joined twice. */
  readonly joins: number;
  /** Given up: nobody has scored their events. */
  readonly orphaned: number;
  /** Still looking for their prediction. */
  readonly waiting: number;
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
    const own = 'startsWith(event_id, {prefix:String})';
    const [predictions] = await this.query<{ logged: string; distinct: string }>(
      `SELECT count() AS logged, uniqExact(event_id) AS distinct FROM ${database}.predictions WHERE ${own}`,
    );
    const [quarantine] = await this.query<{ events: string; labels: string }>(
      `SELECT countIf(topic != {labels:String}) AS events, countIf(topic = {labels:String}) AS labels ` +
        `FROM ${database}.quarantine WHERE headers['${RUN_HEADER}'] = {run:String}`,
    );
    // Before the outcomes: what is joined meanwhile is then counted twice rather than not at all, and settles.
    const waiting = await waitingLabels(this.connections, this.pipeline, this.run);
    const [outcomes] = await this.query<{ joined: string; joins: string }>(
      `SELECT (SELECT count() FROM ${database}.outcomes WHERE ${own}) AS joined, ` +
        `(SELECT count() FROM ${database}.outcome_revisions WHERE ${own}) AS joins`,
    );
    return {
      logged: Number(predictions?.logged ?? 0),
      distinct: Number(predictions?.distinct ?? 0),
      quarantined: Number(quarantine?.events ?? 0),
      deduplicated: (await droppedDuplicates(this.connections, this.pipeline)) - this.droppedBefore,
      labels: {
        joined: Number(outcomes?.joined ?? 0),
        joins: Number(outcomes?.joins ?? 0),
        orphaned: Number(quarantine?.labels ?? 0),
        waiting,
      },
    };
  }

  private async query<T>(sql: string): Promise<T[]> {
    const result = await this.connections.clickhouse().query({
      query: sql,
      query_params: { prefix: `nsw-${this.run}-`, run: this.run, labels: topicOf(this.pipeline, 'labels') },
      format: 'JSONEachRow',
    });
    return result.json<T>();
  }
}

/** Whether nothing more is to be expected: every event is accounted for, and every logged one has its label. */
export function isSettled(published: number, expected: Expected, account: Account): boolean {
  const { logged, distinct, quarantined, deduplicated, labels } = account;
  return (
    logged + quarantined + deduplicated >= published &&
    labels.joined >= distinct &&
    labels.joined + labels.orphaned + labels.waiting >= expected.labels
  );
}

/**
 * Everything that is wrong with a run's sums; empty when published = logged + quarantined + deduplicated, none lost, none
 * twice, and each label is joined, orphaned or waiting. Good events may be quarantined as late when somebody else's moved the
 * stream's clock: see `lateOnes`.
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
    ...labelDiscrepancies(expected.labels, account),
  ];
}

function labelDiscrepancies(published: number, { distinct, labels }: Account): readonly string[] {
  const { joined, joins, orphaned, waiting } = labels;
  const sum = joined + orphaned + waiting;
  return [
    ...(published === sum ? [] : [`published ${published} labels, but joined + orphaned + waiting is ${sum}`]),
    ...(joined === distinct ? [] : [`${distinct} events are logged, ${joined} have their label`]),
    ...(joins === joined ? [] : [`${joins - joined} labels were joined more than once`]),
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
