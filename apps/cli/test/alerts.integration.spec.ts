import { randomUUID } from 'node:crypto';
import type { AlertControl, AlertRecord } from '#contracts';
import { AlertDeliveryLog, AlertLog } from '#platform/clickhouse';
import { testClickHouse } from '#platform/testing';
import { appliedPipeline } from './quarantine-stock.js';
import { eddyline, eddylineJson } from './run-eddyline.js';

interface Listed {
  readonly alerts: readonly (AlertRecord & {
    readonly silence: AlertControl | null;
    readonly acknowledgement: AlertControl | null;
  })[];
  readonly silences: readonly AlertControl[];
}

describe('eddyline alerts', () => {
  const clickhouse = testClickHouse();
  let pipeline = '';
  let offset = 0;

  async function given(): Promise<void> {
    pipeline = await appliedPipeline('alerts', (yaml) => `${yaml}monitor: { drift: { alert: 0.2 } }\n`);
  }

  afterAll(() => clickhouse.close());

  function anAlert(subject: string, over: Partial<AlertRecord> = {}): AlertRecord {
    const end = Date.UTC(2026, 2, 1, 12);
    return {
      ...{ id: `${pipeline}/drift/psi/${subject}//${end}`, pipeline, monitor: 'drift', kind: 'drift', metric: 'psi' },
      ...{ subject, slice: '', state: 'firing', severity: 'warning', summary: `psi of ${subject} is 0.3, above 0.2.` },
      ...{ value: 0.3, threshold: 0.2, window_start: end - 1_800_000, window_end: end, fired_at: end },
      ...{ noticed_at: Date.now(), model_version: '1', pipeline_revision: 1, query: "SELECT 'drift'\nFROM t" },
      evidence: {
        ...{ rows: 600, reference_rows: 5_000, reference_value: null, low: 0.2, high: 0.4, p_value: 0.001 },
        slices: [{ slice: 'customer=c-1', value: 0.9, rows: 60 }],
        examples: [{ event_id: "e-'1", trace_id: 'f'.repeat(32), partition: 1, offset: 17 }],
      },
      ...over,
    };
  }

  async function record(...alerts: AlertRecord[]): Promise<void> {
    const rows = alerts.map((alert) => ({ record: alert, partition: 0, offset: offset++ }));
    await new AlertLog(clickhouse, pipeline).append(rows, randomUUID());
  }

  const list = (...args: string[]) => eddylineJson<Listed>(['alerts', 'list', pipeline, ...args]);

  it('lists every alert once, as it stands, what fires first', async () => {
    await given();
    const later = Date.UTC(2026, 2, 1, 13);
    await record(anAlert('amount'), anAlert('hour'));
    await record(anAlert('amount', { state: 'resolved', window_end: later }));
    const { alerts } = await list();
    expect(alerts.map(({ subject, state }) => [subject, state])).toEqual([
      ['hour', 'firing'],
      ['amount', 'resolved'],
    ]);
    expect(alerts[0]).toMatchObject({ value: 0.3, evidence: { rows: 600 }, silence: null, acknowledgement: null });
    expect((await list('--firing')).alerts.map(({ subject }) => subject)).toEqual(['hour']);
    expect((await list('--since', new Date(Date.now() + 60_000).toISOString())).alerts).toEqual([]);
    const { stdout } = await eddyline(['alerts', 'list', pipeline]);
    expect(stdout).toMatch(/^SEVERITY +STATE +MONITOR +WHAT +VALUE .*\nwarning +firing +drift +psi of hour +0\.3 /);
  });

  it('shows what an alert rests on, whom it was told, and how to look on', async () => {
    await given();
    const alert = anAlert('amount');
    await record(alert);
    const delivery = { alertId: alert.id, state: 'firing', severity: 'warning', receiver: 'on-call' } as const;
    await new AlertDeliveryLog(clickhouse, pipeline).append(
      [
        {
          ...delivery,
          outcome: 'unreachable',
          repetition: false,
          attempts: 9,
          reason: 'HTTP 503',
          at: Date.UTC(2026, 2, 1),
        },
      ],
      randomUUID(),
    );
    const { stdout, exitCode } = await eddyline(['alerts', 'show', alert.id]);
    expect(exitCode).toBe(0);
    for (const part of [
      'value        0.3 (0.2 to 0.4), threshold 0.2',
      'window       2026-03-01T11:30:00.000Z to 2026-03-01T12:00:00.000Z (event time)',
      'customer=c-1  0.9  60 rows',
      '2026-03-01T00:00:00.000Z  on-call   firing  warning   unreachable         9  HTTP 503',
      `e-'1   1-17`,
      `.predictions WHERE event_id IN ('e-\\'1')`,
      "  SELECT 'drift'\n  FROM t",
    ]) {
      expect(stdout).toContain(part);
    }
    expect(await eddylineJson(['alerts', 'show', alert.id])).toMatchObject({
      id: alert.id,
      query: alert.query,
      evidence: alert.evidence,
      changes: [{ state: 'firing' }],
      deliveries: [{ receiver: 'on-call', outcome: 'unreachable', at: '2026-03-01T00:00:00.000Z' }],
    });
  });

  it('silences for a while, and ends it before', async () => {
    await given();
    await record(anAlert('amount'), anAlert('hour'));
    const args = [
      'alerts',
      'silence',
      pipeline,
      '--monitor',
      'drift',
      '--subject',
      'hour',
      '--for',
      '2h',
      '--why',
      'known',
    ];
    const { silence } = await eddylineJson<{ silence: AlertControl & { from: number; until: number } }>(args);
    expect(silence).toMatchObject({ kind: 'silence', pipeline, monitor: 'drift', subject: 'hour', reason: 'known' });
    expect(silence.until - silence.from).toBe(7_200_000);
    const silenced = await list();
    expect(silenced.silences).toEqual([silence]);
    expect(silenced.alerts.map(({ subject, silence: its }) => [subject, its?.id ?? null])).toEqual([
      ['amount', null],
      ['hour', silence.id],
    ]);
    expect((await eddyline(['alerts', 'list', pipeline])).stdout).toContain('firing, silenced');
    const wrong = await eddyline(['alerts', 'unsilence', 'nothing']);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain(silence.id);
    await eddylineJson(['alerts', 'unsilence', silence.id]);
    expect((await list()).silences).toEqual([]);
  });

  it('takes an alert up, as long as it fires', async () => {
    await given();
    const alert = anAlert('amount');
    await record(alert);
    await eddylineJson(['alerts', 'ack', alert.id, '--why', 'retraining']);
    expect((await list()).alerts[0]).toMatchObject({ acknowledgement: { id: alert.id, reason: 'retraining' } });
    expect((await eddyline(['alerts', 'show', alert.id])).stdout).toMatch(/^taken .*: retraining$/m);
    await record({ ...alert, state: 'resolved', window_end: alert.window_end + 60_000 });
    const late = await eddyline(['alerts', 'ack', alert.id, '--why', 'too late']);
    expect(late.exitCode).toBe(1);
    expect(late.stderr).toContain('was resolved at');
  });

  it.each([
    [['alerts', 'show', 'nonsense'], 2, 'is not the id of an alert'],
    [['alerts', 'show', '{p}/drift/psi/x//1'], 1, 'there is no alert'],
    [['alerts', 'ack', '{p}/drift/psi/x//1', '--why', 'w'], 1, 'there is no alert'],
    [['alerts', 'silence', '{p}', '--for', '2h'], 2, '--why'],
    [['alerts', 'silence', '{p}', '--for', 'long', '--why', 'w'], 2, 'Expected a duration'],
    [['alerts', 'silence', '{p}', '--monitor', 'drft', '--for', '2h', '--why', 'w'], 1, 'there are: drift'],
    [['alerts', 'list', 'no-such-pipeline'], 1, 'no pipeline no-such-pipeline is in force'],
  ])('%j ends with %d and says %j', async (args, exitCode, message) => {
    if (pipeline === '') await given();
    const run = await eddyline(args.map((arg) => arg.replace('{p}', pipeline)));
    expect(run.stderr).toContain(message);
    expect(run.exitCode).toBe(exitCode);
  });

  it('says so where a pipeline watches nothing', async () => {
    const blind = await appliedPipeline('blind');
    const run = await eddyline(['alerts', 'list', blind]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('declares no monitors');
  });
});
