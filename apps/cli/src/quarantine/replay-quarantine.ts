import type { OutboundMessage } from '#platform/outcomes';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitBeforeNextMs } from '../publish/pace.js';
import type { QuarantineEntry } from './quarantine-entry.js';
import { toReplayMessage } from './replay.js';

export interface ReplayOptions {
  readonly publish: (messages: readonly OutboundMessage[]) => Promise<void>;
  /** Records per second; left out: as fast as they are acknowledged. */
  readonly ratePerSecond?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (replayed: number) => void;
}

const MOST_PER_BATCH = 100;
/** A batch has to stay below the limit of the topic that it goes back to, which may be small. */
const MOST_BATCH_BYTES = 256 << 10;

/**
 * Puts records back where they came from, in their order, each batch acknowledged before the next goes. Answers how many
 * were put back; after an interruption or a failure, running it again goes on where it stopped.
 */
export async function replayEntries(entries: readonly QuarantineEntry[], options: ReplayOptions): Promise<number> {
  const { publish, ratePerSecond, signal, onProgress } = options;
  const startedMs = performance.now();
  let replayed = 0;
  for (const batch of batches(entries, ratePerSecond === undefined ? MOST_PER_BATCH : 1)) {
    if (signal?.aborted) break;
    await publish(batch.map(toReplayMessage));
    replayed += batch.length;
    onProgress?.(replayed);
    const waitMs = waitBeforeNextMs(replayed, performance.now() - startedMs, ratePerSecond);
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
  return replayed;
}

function* batches(entries: readonly QuarantineEntry[], most: number): Generator<readonly QuarantineEntry[]> {
  let batch: QuarantineEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = entry.value?.byteLength ?? 0;
    if (batch.length >= most || (batch.length > 0 && bytes + size > MOST_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
