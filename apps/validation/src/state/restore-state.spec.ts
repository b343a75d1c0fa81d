import { HEADER } from '#contracts';
import { compileIdentity } from '#domain/event-schema';
import type { LogRecord, PartitionLease } from '#platform/kafka';
import { aDefinition, JsonCodecs, READING } from '../../test/partition-log.js';
import { memoryOf } from './memory.js';
import { restoreState } from './restore-state.js';

const DEFINITION = aDefinition({ dedupeWindowMs: 1_000 });
const MEMORY = memoryOf(DEFINITION, compileIdentity(DEFINITION.event));
const codecs = new JsonCodecs();
const encode = codecs.encoderFor(READING, 1);

function entry(offset: number, id: string, at: number): LogRecord {
  return { offset, timestampMs: at, key: null, value: encode({ id, at, price: 1 }), headers: {} };
}

/** A lease whose log shows one more record at each reading: markers become visible one by one. */
function leaseOf(records: readonly LogRecord[], visible = records.length): PartitionLease {
  let end = visible;
  return {
    pipeline: 'readings',
    topic: 'readings.events',
    partition: 0,
    checkpoint: null,
    async *readLog(_topic, _partition, from) {
      const seen = records.slice(0, end++).filter(({ offset }) => offset >= from);
      if (seen.length > 0) yield seen;
    },
  };
}

const LOG = [entry(5, 'a', 10_000), entry(6, 'b', 10_500), entry(9, 'c', 10_800)];
const { signal } = new AbortController();

describe('restoreState', () => {
  it('waits until the log shows all that the checkpoint counts', async () => {
    const stored = { watermarkMs: 10_800, from: 5, to: 10, memory: MEMORY.key };
    const state = await restoreState(MEMORY, leaseOf(LOG, 1), stored, codecs, signal);
    expect(['a', 'b', 'c', 'd'].map((id) => state.hasSeen({ id }))).toEqual([true, true, true, false]);
    expect(state.watermarkMs).toBe(10_800);
  });

  it('stops when the log ends before the checkpoint does, and says how to mend it', async () => {
    const stored = { watermarkMs: 10_800, from: 5, to: 11, memory: MEMORY.key };
    await expect(restoreState(MEMORY, leaseOf(LOG), stored, codecs, signal, 40)).rejects.toThrow(
      /readings\.validated\/0 ends at offset 10, but the checkpoint of readings\.events\/0 was made at 11; .*delete the offsets/,
    );
  });

  it('reads the whole log where the checkpoint was made for another memory', async () => {
    const stored = { watermarkMs: 10_800, from: 9, to: 10, memory: 'another' };
    const state = await restoreState(MEMORY, leaseOf(LOG), stored, codecs, signal);
    expect(state.hasSeen({ id: 'a' })).toBe(true);
  });

  it('follows the watermark from the log where there is no checkpoint', async () => {
    const state = await restoreState(MEMORY, leaseOf(LOG), null, codecs, signal);
    expect(state.watermarkMs).toBe(10_800);
    expect(state.hasSeen({ id: 'c' })).toBe(true);
  });

  it('leaves out what a replay put on the log behind validation: it was accepted once, where it lay at first', async () => {
    const headers = { [HEADER.replayTo]: Buffer.from('readings.validated') };
    const putBack = { ...entry(7, 'a', 99_000), headers };
    const unreadable = { ...putBack, offset: 8, value: Buffer.from('garbage') };
    const log = [LOG[0]!, LOG[1]!, putBack, unreadable, LOG[2]!];
    for (const stored of [null, { watermarkMs: 10_800, from: 5, to: 10, memory: MEMORY.key }]) {
      const plain = await restoreState(MEMORY, leaseOf(LOG), stored, codecs, signal);
      const disturbed = await restoreState(MEMORY, leaseOf(log), stored, codecs, signal);
      expect(disturbed.checkpoint(new Map())).toEqual(plain.checkpoint(new Map()));
      expect(disturbed.watermarkMs).toBe(10_800);
    }
  });

  it('starts with nothing on an empty log', async () => {
    const state = await restoreState(MEMORY, leaseOf([]), null, codecs, signal);
    expect(state.watermarkMs).toBe(Number.NEGATIVE_INFINITY);
    expect(state.checkpoint(new Map())).toEqual({ watermarkMs: null, from: 0, to: 0, memory: MEMORY.key });
  });

  it('refuses a checkpoint that is none', async () => {
    await expect(restoreState(MEMORY, leaseOf([]), { watermark: 3 }, codecs, signal)).rejects.toThrow(
      /not one of validation/,
    );
  });
});
