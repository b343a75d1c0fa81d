import fc from 'fast-check';
import { markAborted, type AbortedTransaction, type FetchedRecord } from './aborted-records.js';

const ABORT = Buffer.from([0, 0, 0, 0]);
const COMMIT = Buffer.from([0, 0, 0, 1]);

const data = (producerId: string, key: Buffer | null = null) => ({ producerId, key, isControl: false });
const marker = (producerId: string, key: Buffer) => ({ producerId, key, isControl: true });

function records(all: readonly ReturnType<typeof data>[], from = 0): FetchedRecord[] {
  return all
    .map(({ producerId, key, isControl }, at) => ({
      offset: String(at),
      key,
      isControlRecord: isControl,
      batchContext: { producerId, inTransaction: producerId !== '-1' },
    }))
    .slice(from);
}

const left = (all: FetchedRecord[], aborted: readonly AbortedTransaction[]) => {
  markAborted(all, aborted);
  return all.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset));
};

describe('markAborted', () => {
  it('knows a transaction by where it began, though another that began later ended first', () => {
    const log = [data('1'), data('2'), marker('2', ABORT), marker('1', ABORT), data('1'), marker('1', COMMIT)];
    // As brokers list them: by their ends.
    const aborted = [
      { producerId: '2', firstOffset: '1' },
      { producerId: '1', firstOffset: '0' },
    ];
    expect(left(records(log), aborted)).toEqual([4]);
    expect(left(records(log, 1), aborted)).toEqual([4]);
  });

  it('does not take a key for a marker', () => {
    const log = [data('1', ABORT), data('1'), marker('1', ABORT), data('-1', ABORT)];
    expect(left(records(log), [{ producerId: '1', firstOffset: '0' }])).toEqual([3]);
  });

  it('leaves out exactly what was aborted, wherever a fetch begins', () => {
    const step = fc.record({
      producer: fc.constantFrom('1', '2', '3', '-1'),
      act: fc.constantFrom('send', 'send', 'send', 'commit', 'abort'),
      key: fc.constantFrom(null, ABORT, COMMIT),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, at) => {
        const log: ReturnType<typeof data>[] = [];
        const aborted: (AbortedTransaction & { readonly lastOffset: number })[] = [];
        const kept = new Set<number>();
        const open = new Map<string, number[]>();
        const end = (producerId: string, act: string): void => {
          const offsets = open.get(producerId);
          if (offsets === undefined) return;
          open.delete(producerId);
          log.push(marker(producerId, act === 'commit' ? COMMIT : ABORT));
          if (act === 'commit') for (const offset of offsets) kept.add(offset);
          else aborted.push({ producerId, firstOffset: String(offsets[0]), lastOffset: log.length - 1 });
        };
        for (const { producer, act, key } of steps) {
          if (act !== 'send') end(producer, act);
          else if (producer === '-1') kept.add(log.push(data(producer, key)) - 1);
          else open.set(producer, [...(open.get(producer) ?? []), log.push(data(producer, key)) - 1]);
        }
        for (const producer of ['1', '2', '3']) end(producer, 'abort');
        const from = log.length === 0 ? 0 : at % log.length;
        // A broker names the transactions that had not ended where the fetch begins.
        const named = aborted.filter(({ lastOffset }) => lastOffset >= from);
        expect(left(records(log, from), named)).toEqual(
          [...kept].filter((offset) => offset >= from).sort((a, b) => a - b),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
