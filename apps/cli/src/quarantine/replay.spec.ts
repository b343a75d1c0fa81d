import { HEADER } from '#contracts';
import { aQuarantined, aRecord, FatedTransactions, MemoryLog, type Fate } from '../../test/quarantine-builders.js';
import { toQuarantineEntry } from './quarantine-entry.js';
import { stretchesOf } from './read-quarantine.js';
import { markMessage, readReplayMarks, ReplayMarks } from './replay-marks.js';
import { replayQuarantine, type ReplayResult } from './replay-quarantine.js';
import type { ReplaySelection } from './replay-selection.js';
import { hasHome, toReplayMessage } from './replay.js';

const QUARANTINE = 'fraud.quarantine';
const HOMES = new Map([['fraud.events', 3]]);

describe('toReplayMessage', () => {
  it('puts the original back, with the next attempt and the marks of the replay', () => {
    const message = toReplayMessage(toQuarantineEntry(2, aQuarantined(17)), 'run-1');
    expect(message).toMatchObject({ topic: 'fraud.events', partition: 2, value: Buffer.from([0, 0, 0, 0, 7, 1]) });
    expect(
      Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)])),
    ).toEqual({
      ce_id: 'e-1',
      [HEADER.attempt]: '2',
      [HEADER.replayOf]: '2-17',
      [HEADER.replayTo]: 'fraud.events',
      [HEADER.replayRun]: 'run-1',
    });
  });

  it('keeps a missing key missing', () => {
    const keyless = { ...aQuarantined(1), key: null };
    expect(toReplayMessage(toQuarantineEntry(0, keyless), 'run-1').key).toBeNull();
  });
});

describe('hasHome', () => {
  it.each([
    ['a partition of the pipeline', {}, true],
    ['a topic that is not the pipeline’s', { [HEADER.quarantineTopic]: 'eddyline.pipelines' }, false],
    ['the quarantine itself', { [HEADER.quarantineTopic]: QUARANTINE }, false],
    ['a partition that is not there', { [HEADER.quarantinePartition]: '3' }, false],
    ['a partition that is no number', { [HEADER.quarantinePartition]: 'x' }, false],
  ])('%s', (_what, headers, expected) => {
    expect(hasHome(toQuarantineEntry(0, aQuarantined(1, headers)), HOMES)).toBe(expected);
  });
});

describe('ReplayMarks', () => {
  it('do not take a record of a topic made anew for the one that had its id', async () => {
    const log = new MemoryLog();
    log.append(markMessage('fraud', toQuarantineEntry(0, aQuarantined(4)), { run: 'r', by: 'me', atMs: 1 }));
    const marks = await readReplayMarks(log, 'fraud');
    expect(marks.of(toQuarantineEntry(0, aQuarantined(4)))).toMatchObject({ run: 'r', by: 'me' });
    expect(marks.of(toQuarantineEntry(0, aQuarantined(4, { [HEADER.quarantineOffset]: '3' })))).toBeUndefined();
    const later = { [HEADER.quarantineAt]: '2026-01-01T00:00:01.000Z' };
    expect(marks.of(toQuarantineEntry(0, aQuarantined(4, later)))).toBeUndefined();
  });

  it('are not disturbed by what others write', async () => {
    const log = new MemoryLog();
    log.append({ topic: 'fraud.replays', partition: 0, key: '0-4', value: Buffer.from('{') });
    const marks = await readReplayMarks(log, 'fraud');
    expect(marks.of(toQuarantineEntry(0, aQuarantined(4)))).toBeUndefined();
  });
});

describe('replayQuarantine', () => {
  let log: MemoryLog;

  beforeEach(() => {
    log = new MemoryLog();
    for (let offset = 0; offset < 500; offset++) log.of(QUARANTINE, 0).push(aQuarantined(offset));
    log.of('fraud.replays', 0);
  });

  async function replay(
    transactions: FatedTransactions,
    change: Partial<ReplaySelection> = {},
    signal?: AbortSignal,
  ): Promise<ReplayResult> {
    return replayQuarantine(
      { log, openSender: transactions.open, readMarks: () => readReplayMarks(log, 'fraud') },
      {
        pipeline: 'fraud',
        selection: {
          topic: QUARANTINE,
          stretches: await stretchesOf(log, QUARANTINE),
          filter: {},
          homes: HOMES,
          run: 'run-1',
          again: false,
          ...change,
        },
        by: 'somebody',
        ratePerSecond: 1_000_000,
        retryMs: 0,
        ...(signal && { signal }),
      },
    );
  }

  /** How often each record was put back, in the order of the topic. */
  function putBack(): readonly string[] {
    return log.of('fraud.events', 2).map(({ headers }) => String(headers[HEADER.replayOf]));
  }

  const ALL = Array.from({ length: 500 }, (_, offset) => `0-${offset}`);

  it('puts everything back in order, records and marks together', async () => {
    const transactions = new FatedTransactions(log);
    expect(await replay(transactions)).toMatchObject({ end: 'complete', replayed: 500, alreadyReplayed: 0 });
    expect(putBack()).toEqual(ALL);
    for (const messages of transactions.sends) {
      const marks = messages.filter(({ topic }) => topic === 'fraud.replays').map(({ key }) => key);
      const records = messages.filter(({ topic }) => topic === 'fraud.events');
      expect(marks).toEqual(records.map(({ headers }) => headers?.[HEADER.replayOf]));
    }
    expect(await replay(new FatedTransactions(log), { run: 'run-2' })).toMatchObject({
      replayed: 0,
      alreadyReplayed: 500,
    });
    expect(putBack()).toEqual(ALL);
  });

  it.each<Fate>(['aborts', 'commits, and nobody hears'])('puts each back once when a transaction %s', async (fate) => {
    const transactions = new FatedTransactions(log, (n) => (n === 1 ? fate : 'commits'));
    expect(await replay(transactions)).toMatchObject({ end: 'complete', replayed: 500 });
    expect(transactions.opened).toBe(2);
    expect(putBack()).toEqual(ALL);
  });

  it('gives up when nothing gets through, and the next run goes on', async () => {
    const broken = new FatedTransactions(log, (n) => (n === 0 ? 'commits' : 'aborts'));
    await expect(replay(broken)).rejects.toMatchObject({ name: 'SendFailed', kind: 'unknown' });
    expect(putBack().length).toBeGreaterThan(0);
    await replay(new FatedTransactions(log), { run: 'run-2' });
    expect(putBack()).toEqual(ALL);
  });

  it('ends at once when another replay has taken over', async () => {
    const fenced = new FatedTransactions(log, (n) => (n === 1 ? 'is fenced' : 'commits'));
    await expect(replay(fenced)).rejects.toMatchObject({ kind: 'fenced' });
    expect(fenced.opened).toBe(1);
  });

  it('leaves what its topic does not take any more, and puts the rest back', async () => {
    log.of(QUARANTINE, 0)[7] = { ...aQuarantined(7), value: Buffer.alloc(300) };
    const result = await replay(new FatedTransactions(log, () => 'commits', 200));
    expect(result).toMatchObject({ end: 'complete', replayed: 499, tooLarge: ['0-7'] });
    expect(putBack().toSorted()).toEqual(ALL.filter((id) => id !== '0-7').toSorted());
  });

  it('does not run after what comes back to the quarantine meanwhile', async () => {
    const transactions = new FatedTransactions(log);
    const { append } = log;
    log.append = (message) => {
      append.call(log, message);
      if (message.topic === 'fraud.events') log.of(QUARANTINE, 0).push(aQuarantined(log.of(QUARANTINE, 0).length));
    };
    expect(await replay(transactions)).toMatchObject({ replayed: 500 });
    expect(log.of(QUARANTINE, 0)).toHaveLength(1_000);
  });

  it('stops between transactions when it is interrupted', async () => {
    const interrupt = new AbortController();
    const transactions = new FatedTransactions(log, () => {
      interrupt.abort();
      return 'commits';
    });
    const result = await replay(transactions, {}, interrupt.signal);
    expect(result).toMatchObject({ end: 'interrupted', replayed: putBack().length });
    expect(transactions.sends).toHaveLength(1);
    await replay(new FatedTransactions(log), { run: 'run-2' });
    expect(putBack()).toEqual(ALL);
  });

  it('counts a limit over retries', async () => {
    const transactions = new FatedTransactions(log, (n) => (n === 0 ? 'commits, and nobody hears' : 'commits'));
    expect(await replay(transactions, { limit: 30 })).toMatchObject({ replayed: 30 });
    expect(putBack()).toEqual(ALL.slice(0, 30));
  });

  it('repeats what an earlier run put back when asked to, but not its own', async () => {
    await replay(new FatedTransactions(log), { ids: new Set(['0-1', '0-2']) });
    const again = new FatedTransactions(log, (n) => (n === 0 ? 'commits, and nobody hears' : 'commits'));
    const change = { ids: new Set(['0-1']), again: true, run: 'run-2' };
    expect(await replay(again, change)).toMatchObject({ replayed: 1 });
    expect(putBack()).toEqual(['0-1', '0-2', '0-1']);
  });

  it('leaves what does not say where it came from', async () => {
    log.of(QUARANTINE, 0)[3] = aRecord(3);
    expect(await replay(new FatedTransactions(log))).toMatchObject({ replayed: 499, homeless: ['0-3'] });
  });

  it('marks nothing for an empty selection', async () => {
    expect(await replay(new FatedTransactions(log), { filter: { reason: 'late' } })).toMatchObject({ replayed: 0 });
    expect(new ReplayMarks().before(new Map([[0, 9]]))).toEqual([]);
    expect(putBack()).toEqual([]);
  });

  it('reads only from the time on that is asked for', async () => {
    const young = aQuarantined(500);
    log.of(QUARANTINE, 0).push({ ...young, timestampMs: 5_000 });
    expect(await stretchesOf(log, QUARANTINE, 4_000)).toEqual([{ partition: 0, from: 500, to: 501 }]);
    expect(await stretchesOf(log, QUARANTINE, 6_000)).toEqual([{ partition: 0, from: 501, to: 501 }]);
  });
});
