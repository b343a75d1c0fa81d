import type { OutboundMessage } from '#platform/outcomes';
import { setTimeout as sleep } from 'node:timers/promises';
import { batchSizeFor, waitBeforeNextMs } from '../publish/pace.js';
import type { QuarantineEntry } from './quarantine-entry.js';
import type { LogSource } from './read-quarantine.js';
import { markMessage, type ReplayMarks } from './replay-marks.js';
import { select, type ReplaySelection } from './replay-selection.js';
import { toReplayMessage } from './replay.js';

/** Sends records and their marks in one transaction. */
export interface ReplaySender {
  /** @throws SendFailed after which the sender is spent */
  send(messages: readonly OutboundMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** Why records were not sent for sure. */
export class SendFailed extends Error {
  override readonly name = 'SendFailed';

  constructor(
    /** `fenced`: another replay has begun. `too_large`: nothing was sent. `unknown`: they may have been sent or not. */
    readonly kind: 'fenced' | 'too_large' | 'unknown',
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

export interface ReplayPorts {
  readonly log: LogSource;
  /** Ends whatever an earlier replay of the pipeline had under way, one way or the other, and lets it send nothing more. */
  openSender(): Promise<ReplaySender>;
  readMarks(): Promise<ReplayMarks>;
}

export interface ReplayOptions {
  readonly pipeline: string;
  readonly selection: ReplaySelection;
  /** Who replays, for the marks. */
  readonly by: string;
  /** Records per second. */
  readonly ratePerSecond: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (replayed: number) => void;
  /** A batch whose outcome is unknown is looked up and sent again if need be. */
  readonly onRetry?: (reason: string) => void;
  /** Before the first retry, doubled with each. Default 500 ms. */
  readonly retryMs?: number;
}

export interface ReplayResult {
  readonly end: 'complete' | 'interrupted';
  /** Records that this run put back. */
  readonly replayed: number;
  readonly alreadyReplayed: number;
  readonly homeless: readonly string[];
  /** Larger than their topic takes by now. */
  readonly tooLarge: readonly string[];
}

const MOST_PER_BATCH = 200;
const MOST_BATCH_BYTES = 512 << 10;
const MOST_FAILURES = 6;

/**
 * Puts records back where they came from, in their order. Order of durability:
 *
 * 1. an earlier replay is fenced: what it had under way is committed or aborted now, and it can commit nothing any more;
 * 2. the marks are read: they tell exactly what was put back, by whomever;
 * 3. a batch of records and their marks commit in one transaction. A death before or after the commit leaves both or none.
 *
 * A commit whose outcome is unknown goes back to 1, where it becomes known.
 *
 * @throws SendFailed when another replay took over, or when Kafka fails again and again
 */
export async function replayQuarantine(ports: ReplayPorts, options: ReplayOptions): Promise<ReplayResult> {
  const run = new Run(ports, options);
  for (let failures = 0; ;) {
    const before = run.progress;
    try {
      return await run.pass();
    } catch (error) {
      if (!(error instanceof SendFailed) || error.kind === 'fenced') throw error;
      if (error.kind === 'too_large') continue; // the next pass sends what was together one by one
      failures = run.progress > before ? 1 : failures + 1;
      if (failures >= MOST_FAILURES || options.signal?.aborted) throw error;
      options.onRetry?.(error.message);
      await sleep((options.retryMs ?? 500) * 2 ** (failures - 1), undefined, { signal: options.signal }).catch(
        () => undefined,
      );
    }
  }
}

class Run {
  /** Records that this run is known to have put back. */
  progress = 0;
  private readonly startedMs = performance.now();
  private readonly tooLarge = new Set<string>();
  /** Records that were in a batch which was too large: sent one by one, so that the one that is refused can be told. */
  private readonly alone = new Set<string>();

  constructor(
    private readonly ports: ReplayPorts,
    private readonly options: ReplayOptions,
  ) {}

  async pass(): Promise<ReplayResult> {
    const { log } = this.ports;
    const { selection, signal, ratePerSecond } = this.options;
    const sender = await this.ports.openSender(); // (1)
    try {
      const marks = await this.ports.readMarks(); // (2)
      const most = batchSizeFor(ratePerSecond, MOST_PER_BATCH);
      const homeless: string[] = [];
      let own = 0;
      let alreadyReplayed = 0;
      let batch: QuarantineEntry[] = [];
      let bytes = 0;
      const flush = async (): Promise<void> => {
        if (batch.length === 0) return;
        await this.send(sender, batch); // (3)
        own += batch.length;
        this.progress = Math.max(this.progress, own);
        this.options.onProgress?.(own);
        batch = [];
        bytes = 0;
        await this.keepPace(own);
      };
      const result = (end: ReplayResult['end']): ReplayResult => ({
        end,
        replayed: own,
        alreadyReplayed,
        homeless,
        tooLarge: [...this.tooLarge],
      });
      for await (const selected of select(log, selection, marks)) {
        if (signal?.aborted) return result('interrupted');
        const { entry } = selected;
        if (selected.kind === 'homeless') homeless.push(entry.id);
        else if (selected.kind === 'replayed') {
          if (selected.own) own++;
          else alreadyReplayed++;
        } else if (!this.tooLarge.has(entry.id)) {
          const size = entry.value?.byteLength ?? 0;
          const alone = this.alone.has(entry.id);
          if (batch.length >= most || bytes + size > MOST_BATCH_BYTES || alone) await flush();
          if (signal?.aborted) return result('interrupted');
          batch.push(entry);
          bytes += size;
          if (alone) await flush();
        }
      }
      if (signal?.aborted) return result('interrupted');
      await flush();
      return result('complete');
    } finally {
      await sender.close();
    }
  }

  private async send(sender: ReplaySender, batch: readonly QuarantineEntry[]): Promise<void> {
    const { pipeline, selection, by } = this.options;
    const mark = { run: selection.run, by, atMs: Date.now() };
    try {
      await sender.send([
        ...batch.map((entry) => toReplayMessage(entry, selection.run)),
        ...batch.map((entry) => markMessage(pipeline, entry, mark)),
      ]);
    } catch (error) {
      if (error instanceof SendFailed && error.kind === 'too_large') {
        if (batch.length === 1) this.tooLarge.add(batch[0]!.id);
        else for (const { id } of batch) this.alone.add(id);
      }
      throw error;
    }
  }

  private async keepPace(sent: number): Promise<void> {
    const { ratePerSecond, signal } = this.options;
    const waitMs = waitBeforeNextMs(sent, performance.now() - this.startedMs, ratePerSecond);
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
