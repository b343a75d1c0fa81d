import { randomUUID } from 'node:crypto';
import { databaseOf, type Measurement, type MonitorResult } from '#contracts';
import { MonitorLog } from '#platform/clickhouse';
import { testClickHouse } from '#platform/testing';
import { appliedPipeline } from './quarantine-stock.js';
import { eddyline, eddylineJson } from './run-eddyline.js';

interface Listed {
  readonly name: string;
  readonly firing: number;
  readonly last: { readonly windowEnd: string; readonly verdict: string; readonly beyond: number } | null;
}

interface RunOfMonitor {
  readonly monitor: string;
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly measurements: readonly Measurement[];
  readonly query: string;
}

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 2, 1);
const MONITOR = `monitor:
  every: 1h
  window: 1h
  minRows: 10
  drift: { reference: previous, alert: 0.2, minRows: 100 }
  anomalies: {}
`;

describe('eddyline monitor', () => {
  const clickhouse = testClickHouse();
  let pipeline = '';

  beforeAll(async () => {
    pipeline = await appliedPipeline('monitor', (yaml) => `${yaml}${MONITOR}`);
    // Four hours of payments, 240 an hour; from the third hour on they are ten times as dear.
    const rows = Array.from({ length: 960 }, (_, n) => {
      const hour = Math.floor(n / 240);
      const amount = ((n * 37) % 101) * (hour < 2 ? 1 : 10);
      const at = new Date(START_MS + n * 15_000).toISOString().replace('Z', '');
      return {
        ...{ event_id: `p-${n}`, event_key: 'c', id: `p-${n}`, customer: 'c', amount, hour: 0.5 },
        ...{ feature_amount: amount, feature_hour: 0.5, score: (n % 100) / 100, decision: 'negative' },
        ...{ event_time: at, predicted_at: at, published_at: at, model: 'm', model_version: '1', role: 'champion' },
        ...{ log_partition: 0, log_offset: n },
      };
    });
    await clickhouse.insert({
      table: `${databaseOf(pipeline)}.predictions`,
      values: rows,
      format: 'JSONEachRow',
      columns: await storedColumns(Object.keys(rows[0]!)),
    });
  });

  afterAll(() => clickhouse.close());

  /** A feature's column may be another name for its field's. */
  async function storedColumns(names: readonly string[]): Promise<[string, ...string[]]> {
    const answer = await clickhouse.query({
      query: `SELECT name FROM system.columns WHERE database = '${databaseOf(pipeline)}' AND table = 'predictions' AND default_kind != 'ALIAS'`,
      format: 'JSONEachRow',
    });
    const stored = new Set((await answer.json<{ name: string }>()).map(({ name }) => name));
    return names.filter((name) => stored.has(name)) as [string, ...string[]];
  }

  function aResult(change: Partial<MonitorResult>): MonitorResult {
    return {
      ...{ monitor: 'drift', kind: 'drift', metric: 'psi', subject: 'amount', slice: '', value: 0.01 },
      ...{ referenceValue: null, low: null, high: null, pValue: null, qValue: null, rows: 240, referenceRows: 240 },
      ...{ coverage: null, verdict: 'ok', threshold: 0.2, recovered: true, explanation: '' },
      ...{ windowStart: START_MS, windowEnd: START_MS + HOUR_MS, evaluatedAt: Date.now(), durationMs: 1 },
      ...{ modelVersion: '1', pipelineRevision: 1, query: 'SELECT 1' },
      ...change,
    };
  }

  it('runs monitors over the log: each figure of the last window, or of any', async () => {
    const at = new Date(START_MS + 3 * HOUR_MS).toISOString();
    const [drift] = await eddylineJson<RunOfMonitor[]>(['monitor', 'run', pipeline, '--monitor', 'drift', '--at', at]);
    expect(drift).toMatchObject({ monitor: 'drift', windowEnd: at });
    const psi = drift!.measurements.filter(({ metric }) => metric === 'psi');
    const ofAmount = psi.find(({ subject }) => subject === 'amount')!;
    expect(ofAmount.rows).toBe(240);
    expect(ofAmount.value).toBeGreaterThan(1);
    expect(ofAmount.verdict).not.toBe('ok');
    expect(psi.filter(({ subject }) => subject !== 'amount').map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);

    const all = await eddylineJson<RunOfMonitor[]>(['monitor', 'run', pipeline]);
    // The newest event is of 03:59:45: the window that it lies in is not over.
    expect(all.map(({ monitor, windowEnd }) => [monitor, windowEnd])).toEqual([
      ['drift', at],
      ['anomalies', at],
    ]);

    const { stdout, stderr } = await eddyline(['monitor', 'run', pipeline, '--monitor', 'drift']);
    expect(stdout).toMatch(/^drift {2}2026-03-01T02:00Z … 2026-03-01T03:00Z, model version 1, \d+ ms of ClickHouse/);
    expect(stdout).toMatch(/psi +amount +[\d.]+ .* 0\.2 {2}\w+/);
    expect(stderr).toContain('no alert yet');
  });

  it('runs every window of a time, and its query gives the same by hand', async () => {
    const from = new Date(START_MS).toISOString();
    const args = ['monitor', 'run', pipeline, '--monitor', 'anomalies', '--from', from];
    const runs = await eddylineJson<RunOfMonitor[]>(args);
    expect(runs.map(({ windowEnd }) => Date.parse(windowEnd) - START_MS)).toEqual([1, 2, 3].map((n) => n * HOUR_MS));
    const answer = await clickhouse.query({ query: runs[1]!.query, format: 'JSONEachRow' });
    const [now] = await answer.json<{ rows: string; score_mean: number }>();
    expect(Number(now?.rows)).toBe(240);
    const mean = runs[1]!.measurements.find(({ metric }) => metric === 'score_mean');
    expect(mean?.value).toBe(now?.score_mean);
    const { stdout } = await eddyline(args);
    expect(stdout.split('\n')).toHaveLength(1 + 3 + 1);
  });

  it('lists what is declared, what was found last, and explains it', async () => {
    expect(await eddylineJson<Listed[]>(['monitor', 'list', pipeline])).toMatchObject([
      { name: 'drift', last: null },
      { name: 'anomalies', last: null },
    ]);
    const beyond = {
      value: 0.4,
      verdict: 'critical',
      recovered: false,
      explanation: 'PSI of amount is 0.4',
    } as const;
    await new MonitorLog(clickhouse, pipeline).appendResults(
      [
        aResult({}),
        aResult({ windowStart: START_MS + HOUR_MS, windowEnd: START_MS + 2 * HOUR_MS, ...beyond }),
        aResult({ windowStart: START_MS + HOUR_MS, windowEnd: START_MS + 2 * HOUR_MS, subject: 'hour' }),
      ],
      randomUUID(),
    );
    const windowEnd = new Date(START_MS + 2 * HOUR_MS).toISOString();
    expect(await eddylineJson<Listed[]>(['monitor', 'list', pipeline])).toMatchObject([
      { name: 'drift', firing: 0, last: { windowEnd, verdict: 'critical', beyond: 1 } },
      { name: 'anomalies', last: null },
    ]);
    const list = await eddyline(['monitor', 'list', pipeline]);
    expect(list.stdout).toMatch(/\ndrift +drift +1h +1h +2026-03-01T02:00Z +critical +1\/2 +0 +psi above 0\.2\n/);

    const { stdout } = await eddyline(['monitor', 'explain', pipeline, 'drift']);
    expect(stdout).toContain('Whether amount, hour and the score are distributed as in the window before.');
    expect(stdout).toContain('psi above 0.2: as severe as its consequence');
    expect(stdout).toContain('Fires after 2 windows in a row');
    expect(stdout).toContain('critical (1 of 2 beyond)  PSI of amount is 0.4');
    expect(stdout).toContain('Alerts\n  none so far');
    expect(stdout).toMatch(/Query, as of the window 2026-03-01T02:00Z … 2026-03-01T03:00Z\n {2}WITH/);
  });

  it('says what there is when it is asked for what there is not', async () => {
    const unknown = await eddyline(['monitor', 'explain', pipeline, 'drif']);
    expect(unknown).toMatchObject({ exitCode: 1, stdout: '' });
    expect(unknown.stderr).toContain(`${pipeline} has no monitor drif; did you mean "drift"?`);
    expect((await eddyline(['monitor', 'run', pipeline, '--at', 'noon'])).exitCode).toBe(2);
    const both = await eddyline(['monitor', 'run', pipeline, '--at', '2026-03-01', '--from', '2026-03-01']);
    expect(both.exitCode).toBe(2);
    const bare = await appliedPipeline('unwatched');
    expect((await eddyline(['monitor', 'list', bare])).stdout).toContain('declares no monitors');
  });
});
