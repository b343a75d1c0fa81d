import { CannotGoOn } from './cannot-go-on.js';

/** What a stage keeps beside a committed offset (offset metadata, at most 4 KiB of JSON). */
export interface OffsetMetadata {
  /** The handler's own, found again as `lease.checkpoint`. */
  readonly checkpoint: unknown;
  /** Records dropped since the group began, by reason; counted in the same commit as their offsets. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Half-open range that an intent handler was about to write when this was committed. */
  readonly pending: readonly [start: number, end: number] | null;
}

export const NO_METADATA: OffsetMetadata = { checkpoint: null, dropped: {}, pending: null };

// offset.metadata.max.bytes, the broker's default
const MAX_BYTES = 4_096;

/** @throws CannotGoOn */
export function encodeOffsetMetadata({ checkpoint, dropped, pending }: OffsetMetadata): string {
  const text = JSON.stringify({ v: 1, checkpoint, dropped, ...(pending && { pending }) });
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new CannotGoOn(
      `a checkpoint of ${Buffer.byteLength(text)} bytes does not fit into offset metadata (${MAX_BYTES})`,
    );
  }
  return text;
}

/** Reads what `encodeOffsetMetadata` wrote; anything else (another tool's commit, none) counts as no metadata. */
export function decodeOffsetMetadata(text: string | null): OffsetMetadata {
  if (text === null || !text.startsWith('{"v":1,')) return NO_METADATA;
  try {
    const { checkpoint, dropped, pending } = JSON.parse(text) as Readonly<Record<keyof OffsetMetadata, unknown>>;
    if (!areCounts(dropped) || !isRange(pending)) return NO_METADATA;
    return { checkpoint: checkpoint ?? null, dropped: dropped ?? {}, pending: pending ?? null };
  } catch {
    return NO_METADATA;
  }
}

function areCounts(value: unknown): value is OffsetMetadata['dropped'] | null | undefined {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && !Array.isArray(value) && Object.values(value).every(Number.isSafeInteger);
}

function isRange(value: unknown): value is OffsetMetadata['pending'] | undefined {
  if (value === null || value === undefined) return true;
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger);
}

export function addDropped(
  before: Readonly<Record<string, number>>,
  more: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  if (more.size === 0) return before;
  const sum = { ...before };
  for (const [reason, count] of more) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}
