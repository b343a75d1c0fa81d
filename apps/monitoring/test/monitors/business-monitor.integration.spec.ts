import type { MonitorDefinition } from '#contracts';
import type { MonitorContext } from '#domain/monitors';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

const START = Date.UTC(2026, 0, 1);
const contextOf = (minute: number): MonitorContext => ({
  window: { startMs: START + minute * 60_000, endMs: START + (minute + 1) * 60_000 },
  cut: WHOLE_LOG,
  cutBefore: null,
  model: null,
});

const business = (
  name: string,
  sql: string,
  changes: Partial<Extract<MonitorDefinition, { kind: 'business' }>> = {},
): MonitorDefinition => ({ ...A_MONITOR, name, kind: 'business', sql, on: 'predictions', ...changes });

describe('business metrics', () => {
  let log: MonitoredLog;
  beforeAll(async () => {
    log = await MonitoredLog.create(
      aMonitoredPipeline({
        fields: [{ name: 'amount', type: 'double' }],
        monitors: [
          business('total', 'SELECT sum(amount) AS value FROM {predictions}', {
            minRows: 4,
            rules: [{ metric: 'value', above: 9 }],
          }),
          business(
            'by_key',
            "SELECT event_key AS subject, sum(amount) AS value, count() AS rows FROM {predictions} -- {outcomes}\nWHERE event_key != '{outcomes}' GROUP BY subject ORDER BY subject",
            { rules: [{ metric: 'value', subject: 'b', below: 4 }] },
          ),
          business(
            'lost',
            'WITH missed AS (SELECT amount FROM {outcomes} WHERE label = 1) SELECT sum(amount) / (SELECT sum(amount) FROM {predictions}) AS value FROM missed',
            { on: 'outcomes' },
          ),
          business('unnamed', 'SELECT sum(amount) FROM {predictions}'),
          business('repeated', "SELECT 'x' AS subject, arrayJoin([1, 2]) AS value"),
        ],
      }),
    );
    const rows = [1, 2, 3, 4].map((amount) => ({
      event_id: `e-${amount}`,
      event_key: amount < 4 ? 'a' : 'b',
      event_time: START + amount,
      role: 'champion',
      amount,
    }));
    await log.insert('predictions', [...rows, { ...rows[0], role: 'shadow', amount: 100 }]);
    await log.insert(
      'outcome_revisions',
      rows.map((row, i) => ({ ...row, label: i % 2, outcome_offset: i })),
    );
  });
  afterAll(() => log.drop());

  const told = async (monitor: string, minute = 0) =>
    (await log.run(monitor, contextOf(minute))).measurements.map(({ subject, value, rows, verdict }) => [
      subject,
      value,
      rows,
      verdict,
    ]);

  it('are what the SQL gives for the window', async () => {
    expect(await told('total')).toEqual([['', 10, 4, 'critical']]);
  });

  it('have a figure for each subject, with the rows that it rests on', async () => {
    expect(await told('by_key')).toEqual([
      ['a', 6, 3, 'ok'],
      ['b', 4, 1, 'ok'],
    ]);
  });

  it('read labels as they are known', async () => {
    expect(await told('lost')).toEqual([['', 0.6, 4, 'ok']]);
    expect([log.monitor('lost').clock, log.monitor('total').clock]).toEqual(['labels', 'events']);
  });

  it('have no value for an empty window', async () => {
    expect(await told('total', 5)).toEqual([['', null, 0, 'insufficient']]);
    expect(await told('by_key', 5)).toEqual([['', null, 0, 'insufficient']]);
  });

  it('tell when the SQL names no value', async () => {
    const { measurements } = await log.run('unnamed', contextOf(0));
    expect(measurements[0]).toMatchObject({
      value: null,
      verdict: 'insufficient',
      explanation: 'the query gives no column `value`: name one with AS value',
    });
  });

  it('have one figure for each subject', async () => {
    expect(await told('repeated')).toEqual([['x', 1, 4, 'ok']]);
  });
});
