import { MemoryLog, aQuarantined } from '../../test/quarantine-builders.js';
import { planPurge } from './purge-plan.js';
import { purge, type PurgePlan } from './purge-quarantine.js';
import { rowsBeforeSql } from './quarantine-rows.js';
import { toQuarantineEntry } from './quarantine-entry.js';
import { markMessage, readReplayMarks, replayMarksTopicOf } from './replay-marks.js';

const ends = [{ partition: 0, low: 10, high: 100 }];

describe('planPurge', () => {
  it.each([
    ['up to the first younger record', new Map([[0, 40]]), new Map([[0, 100]]), { to: 40, wanted: 40 }],
    ['everything when nothing is younger', new Map([[0, null]]), new Map([[0, 100]]), { to: 100, wanted: 100 }],
    ['no further than monitoring is', new Map([[0, 40]]), new Map([[0, 25]]), { to: 25, wanted: 40 }],
    ['nothing before monitoring has begun', new Map([[0, 40]]), new Map<number, number>(), { to: 10, wanted: 40 }],
    ['nothing that is gone already', new Map([[0, 5]]), new Map([[0, 100]]), { to: 10, wanted: 10 }],
    ['nothing of a partition that is new since', new Map<number, null>(), new Map([[0, 100]]), { to: 10, wanted: 10 }],
  ])('deletes %s', (_what, younger, logged, expected) => {
    expect(planPurge(ends, younger, logged)).toEqual([{ partition: 0, from: 10, ...expected }]);
  });
});

describe('rowsBeforeSql', () => {
  it('names positions and the time, so that rows of a topic made anew are left', () => {
    const offsets = new Map([
      [0, 40],
      [1, 0],
      [2, 7],
    ]);
    expect(rowsBeforeSql({ offsets, beforeMs: 1_700_000_000_000 })).toBe(
      "quarantined_at < fromUnixTimestamp64Milli(1700000000000, 'UTC') AND " +
        '((quarantine_partition = 0 AND quarantine_offset < 40) OR (quarantine_partition = 2 AND quarantine_offset < 7))',
    );
    expect(rowsBeforeSql({ offsets: new Map([[0, 0]]), beforeMs: 5 })).toContain('AND (false)');
  });
});

describe('purge', () => {
  const plan: PurgePlan = {
    topic: 'fraud.quarantine',
    partitions: [{ partition: 0, from: 0, to: 2, wanted: 2 }],
    rows: { beforeMs: 5, offsets: new Map([[0, 2]]) },
  };

  async function marked(log: MemoryLog) {
    for (const offset of [0, 1, 2]) {
      const mark = { run: 'r', by: 'somebody', atMs: 1 };
      log.append(markMessage('fraud', toQuarantineEntry(0, aQuarantined(offset)), mark));
    }
    return readReplayMarks(log, 'fraud');
  }

  it('takes the marks of what it deleted, and no others, after everything else', async () => {
    const log = new MemoryLog();
    const marks = await marked(log);
    const order: string[] = [];
    const ports = {
      deleteRecordsBefore: async (topic: string, offsets: ReadonlyMap<number, number>) =>
        void order.push(`${topic} ${[...offsets].join()}`),
      deleteRows: async () => void order.push('rows'),
      publish: async (messages: readonly Parameters<MemoryLog['append']>[0][]) => {
        order.push('marks');
        for (const message of messages) log.append(message);
      },
    };
    expect(await purge(ports, 'fraud', plan, marks)).toBe(2);
    expect(order).toEqual(['fraud.quarantine 0,2', 'rows', 'marks']);
    const left = await readReplayMarks(log, 'fraud');
    expect([0, 1, 2].map((offset) => left.of(toQuarantineEntry(0, aQuarantined(offset))) !== undefined)).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('leaves every mark when the records could not be deleted', async () => {
    const log = new MemoryLog();
    const marks = await marked(log);
    const ports = {
      deleteRecordsBefore: () => Promise.reject(new Error('no')),
      deleteRows: undefined,
      publish: async () => undefined,
    };
    await expect(purge(ports, 'fraud', plan, marks)).rejects.toThrow('no');
    expect(log.of(replayMarksTopicOf('fraud'), 0)).toHaveLength(3);
  });
});
