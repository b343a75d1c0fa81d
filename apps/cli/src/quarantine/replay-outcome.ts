import { consumerGroupOf, HEADER, topicOf, type PipelineStream } from '#contracts';
import type { Appended, LogRecord } from '#platform/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import { readQuarantine, type LogSource, type LogStretch } from './read-quarantine.js';

/** What Kafka tells besides the records. */
export interface OffsetSource {
  /** Committed offset by partition; a partition without one is missing. */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, number>>;
  /** End of each partition, records of open transactions included. */
  ends(topic: string): Promise<ReadonlyMap<number, number>>;
}

/** The stage that reads what a replay puts back on a stream. */
const READER: Readonly<Partial<Record<PipelineStream, { readonly stage: string; readonly output?: PipelineStream }>>> =
  {
    events: { stage: 'validation', output: 'validated' },
    validated: { stage: 'inference' },
    predictions: { stage: 'monitoring' },
    labels: { stage: 'feedback' },
    'label-retries': { stage: 'feedback' },
    outcomes: { stage: 'monitoring' },
    alerts: { stage: 'monitoring' },
  };

/** Where the pipeline's topics ended before the replay: what became of its records lies behind. */
export type Before = ReadonlyMap<string, readonly { readonly partition: number; readonly high: number }[]>;

/** Remembers where records of a run landed last, by topic and partition. */
export class ReplayedPositions {
  private readonly last = new Map<string, Map<number, number>>();

  add({ topic, partition, lastOffset }: Appended): void {
    let partitions = this.last.get(topic);
    if (partitions === undefined) this.last.set(topic, (partitions = new Map()));
    partitions.set(partition, Math.max(lastOffset, partitions.get(partition) ?? -1));
  }

  of(topic: string): ReadonlyMap<number, number> {
    return this.last.get(topic) ?? new Map();
  }
}

export interface StageOutcome {
  readonly stage: string;
  readonly put: number;
  readonly accepted: number;
  /** Quarantined again, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Dropped by deduplication: an event with the same id was accepted before. */
  readonly duplicates: number;
}

export interface OutcomeRequest {
  readonly pipeline: string;
  readonly run: string;
  readonly positions: ReplayedPositions;
  readonly before: Before;
  readonly everyMs?: number;
  readonly signal: AbortSignal;
  /** Records of the run that no stage has read yet are on `behind` partitions. */
  readonly onWaiting?: (stage: string, behind: number) => void;
}

/**
 * Waits until the stages have committed the offsets of all that the run put back, then tells what became of it. Outputs
 * and offsets of a stage commit together, so that the account is complete then.
 *
 * @returns null when `signal` aborts first
 */
export async function awaitOutcome(
  log: LogSource,
  offsets: OffsetSource,
  request: OutcomeRequest,
): Promise<readonly StageOutcome[] | null> {
  const outcomes: StageOutcome[] = [];
  for (const [stream, reader] of Object.entries(READER)) {
    const from = topicOf(request.pipeline, stream as PipelineStream);
    if (request.positions.of(from).size === 0) continue;
    if (!(await passed(offsets, reader.stage, from, request))) return null;
    const put = await countOf(log, from, await stretchesSince(log, offsets, from, request), request.run, from);
    const quarantineTopic = topicOf(request.pipeline, 'quarantine');
    const refused = new Map<string, number>();
    for await (const entry of readQuarantine(
      log,
      quarantineTopic,
      await stretchesSince(log, offsets, quarantineTopic, request),
    )) {
      // What passed one stage of the run and was refused by the next one has lost this header on the way.
      if (!isOfRun(entry, request.run, from)) continue;
      refused.set(entry.reason, (refused.get(entry.reason) ?? 0) + 1);
    }
    const again = [...refused.values()].reduce((sum, count) => sum + count, 0);
    const output = reader.output && topicOf(request.pipeline, reader.output);
    const accepted =
      output === undefined
        ? put - again // these stages drop nothing
        : await countOf(log, output, await stretchesSince(log, offsets, output, request), request.run, undefined);
    outcomes.push({
      stage: reader.stage,
      put,
      accepted,
      refused: Object.fromEntries([...refused].sort((a, b) => b[1] - a[1])),
      duplicates: put - again - accepted,
    });
  }
  return outcomes;
}

async function passed(
  offsets: OffsetSource,
  stage: string,
  topic: string,
  { pipeline, positions, signal, everyMs = 500, onWaiting }: OutcomeRequest,
): Promise<boolean> {
  while (!signal.aborted) {
    const committed = await offsets.committed(consumerGroupOf(stage, pipeline), topic);
    const behind = [...positions.of(topic)].filter(([partition, last]) => (committed.get(partition) ?? -1) <= last);
    if (behind.length === 0) return true;
    onWaiting?.(stage, behind.length);
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/** From where a topic ended before the run to where it ends now, once nothing of that is in an open transaction any more. */
async function stretchesSince(
  log: LogSource,
  offsets: OffsetSource,
  topic: string,
  { before, signal, everyMs = 500 }: OutcomeRequest,
): Promise<readonly LogStretch[]> {
  const until = await offsets.ends(topic);
  for (;;) {
    const stable = await log.ends(topic);
    const complete = stable.every(({ partition, high }) => high >= (until.get(partition) ?? 0));
    if (complete || signal.aborted) {
      const starts = new Map((before.get(topic) ?? []).map(({ partition, high }) => [partition, high]));
      return stable.map(({ partition, low, high }) => ({
        partition,
        from: Math.max(low, starts.get(partition) ?? low),
        to: high,
      }));
    }
    await sleep(Math.min(everyMs, 50), undefined, { signal }).catch(() => undefined);
  }
}

/** Records of the run on a topic: `putTo` it by the run itself, or (undefined) passed on to it by a stage. */
async function countOf(
  log: LogSource,
  topic: string,
  stretches: readonly LogStretch[],
  run: string,
  putTo: string | undefined,
): Promise<number> {
  let count = 0;
  for (const { partition, from, to } of stretches) {
    if (from >= to) continue;
    for await (const records of log.read(topic, partition, from, to)) {
      for (const record of records) if (isOfRun(record, run, putTo)) count++;
    }
  }
  return count;
}

function isOfRun({ headers }: Pick<LogRecord, 'headers'>, run: string, putTo: string | undefined): boolean {
  return headers[HEADER.replayRun]?.toString('utf8') === run && headers[HEADER.replayTo]?.toString('utf8') === putTo;
}
