import { faultsTable, goalsMissed, summed, writtenBetween } from './faults-table.js';

const RECORDS = [
  { fault: 'kill -9', runs: 3, kills: 3, published: 1_000, lost: 0, duplicated: 0, seconds: 10 },
  { fault: 'rebalance', runs: 20, rebalances: 20, published: 500, lost: 1, duplicated: 0, seconds: 5 },
  { fault: 'kill -9', runs: 200, kills: 200, published: 9_000, lost: 0, duplicated: 2, seconds: 20 },
];

describe('the table of faults', () => {
  it('sums the records of a fault and of all', () => {
    expect(faultsTable(summed(RECORDS)).split('\n')).toEqual([
      '| fault     |    runs |     events |  lost | duplicated |  took |',
      '| --------- | ------: | ---------: | ----: | ---------: | ----: |',
      '| kill -9   |     203 |     10,000 |     0 |          2 |  30 s |',
      '| rebalance |      20 |        500 |     1 |          0 |   5 s |',
      '| **all**   | **223** | **10,500** | **1** |      **2** | 1 min |',
      '',
      '203 processes killed while they worked, 20 rebalances with work in flight, 0 broker restarts, 0 ClickHouse outages.',
    ]);
  });

  it('says which goals were missed', () => {
    expect(goalsMissed(summed(RECORDS))).toEqual([
      '0 broker restarts, 10 were to be',
      '0 ClickHouse outages, 10 were to be',
    ]);
  });

  it('replaces what stands between the markers', () => {
    const page = 'before\n<!-- faults:begin -->\nold\n<!-- faults:end -->\nafter\n';
    expect(writtenBetween(page, 'faults', 'new')).toBe(
      'before\n<!-- faults:begin -->\n\nnew\n\n<!-- faults:end -->\nafter\n',
    );
    expect(() => writtenBetween('nothing', 'faults', 'new')).toThrow(/has no <!-- faults:begin -->/);
  });
});
