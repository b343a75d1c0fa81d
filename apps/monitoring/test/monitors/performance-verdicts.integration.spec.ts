import type { LogCut, Measurement, MonitorDefinition } from '#contracts';
import type { MonitorContext } from '#domain/monitors';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

const contextOf = (hour: number, cut: LogCut = WHOLE_LOG): MonitorContext => ({
  window: { startMs: START + hour * HOUR, endMs: START + (hour + 1) * HOUR },
  cut,
  cutBefore: null,
  model: null,
});

const monitor: MonitorDefinition = {
  ...A_MONITOR,
  kind: 'performance',
  metrics: ['accuracy', 'roc_auc'],
  minRows: 50,
  delayMs: 2 * HOUR,
  minCoverage: 0.5,
  confidence: 0.95,
  rules: [{ metric: 'accuracy', below: 0.8 }],
};

interface Served {
  readonly rows: number;
  /** Expressions over `number`. */
  readonly right: string;
  readonly region?: string;
  readonly modelVersion?: string;
  /** Labels that come back; left out: all. */
  readonly labelled?: number;
}

describe('a verdict on performance', () => {
  let log: MonitoredLog;
  beforeAll(async () => {
    log = await MonitoredLog.create(
      aMonitoredPipeline({
        fields: [{ name: 'region', type: ['null', 'string'], default: null }],
        slices: ['region'],
        monitors: [monitor],
      }),
    );
  });
  afterAll(() => log.drop());

  /** Predictions of an hour, and labels of the first of them. */
  async function serve(hour: number, { rows, right, region = "'a'", modelVersion = "'1'", labelled = rows }: Served) {
    const columns = {
      event_id: `concat('${hour}-', toString(number))`,
      event_time: `fromUnixTimestamp64Milli(toInt64(${START + hour * HOUR} + number))`,
      role: "'champion'",
      model_version: modelVersion,
      region,
      score: 'if(number % 2 = 1, 0.75, 0.25)',
      decision: "if(number % 2 = 1, 'positive', 'negative')",
      log_offset: 'number',
      trace_id: "if(number % 7 = 0, concat('trace-', toString(number)), '')",
    };
    await log.generate('predictions', rows, columns);
    await log.generate('outcome_revisions', labelled, {
      ...columns,
      label: `toFloat64((number % 2 = 1) = (${right}))`,
      outcome_offset: `number + ${hour * 100_000}`,
    });
  }

  const accuracy = (measurements: readonly Measurement[], slice = '') =>
    measurements.find((one) => one.metric === 'accuracy' && one.slice === slice);

  it('is of the window that lies as far back as labels take', async () => {
    await serve(0, { rows: 200, right: 'number % 4 != 0' });
    const { measurements } = await log.run('watch', contextOf(2));
    expect(accuracy(measurements)).toMatchObject({
      value: 0.75,
      rows: 200,
      coverage: 1,
      verdict: 'critical',
      threshold: 0.8,
      explanation: 'accuracy is 0.75, below 0.8',
    });
    expect(accuracy((await log.run('watch', contextOf(0))).measurements)).toMatchObject({ value: null, rows: 0 });
  });

  it('waits for enough labels', async () => {
    await serve(3, { rows: 200, right: '0', labelled: 80 });
    const { measurements } = await log.run('watch', contextOf(5));
    expect(accuracy(measurements)).toMatchObject({
      value: 0,
      rows: 80,
      coverage: 0.4,
      verdict: 'insufficient',
      explanation: 'accuracy: 40 % of the predictions have labels, less than 50 %',
    });
  });

  it('waits for enough rows', async () => {
    await serve(6, { rows: 10, right: '0' });
    expect(accuracy((await log.run('watch', contextOf(8))).measurements)).toMatchObject({
      verdict: 'insufficient',
      explanation: 'accuracy: 10 rows are too few',
    });
  });

  it('goes by the label that was known when the window was due', async () => {
    await serve(9, { rows: 100, right: '1' });
    const [first] = await log.select<{ event_id: string; event_time: string }>(
      `SELECT event_id, event_time FROM ${log.database}.predictions WHERE event_id = '9-0'`,
    );
    const correction = { ...first, role: 'champion', decision: 'negative', score: 0.25, label: 1, label_rank: 65_537 };
    await log.insert('outcome_revisions', [
      { ...correction, outcome_offset: 950_000 },
      // Older than the correction, and later in the log.
      { ...correction, label: 0, label_rank: 1, outcome_offset: 960_000 },
    ]);
    const at = async (known: number) =>
      accuracy((await log.run('watch', contextOf(11, { ...WHOLE_LOG, outcomes: [known] }))).measurements)!;
    expect(await at(950_000)).toMatchObject({ value: 1, rows: 100 });
    expect(await at(950_001)).toMatchObject({ value: 0.99, rows: 100 });
    expect(await at(970_000)).toMatchObject({ value: 0.99, rows: 100 });
    expect(await at(900_050)).toMatchObject({ value: 1, rows: 50, coverage: 0.5 });
  });

  describe('on a slice', () => {
    const sliced = contextOf(14);
    beforeAll(() =>
      // Of 900 in a and b all are right; of 60 in c seven in ten are, of 240 in d too; 25 regions more have one row each.
      serve(12, {
        rows: 1_225,
        region:
          "multiIf(number < 500, 'a', number < 900, 'b', number < 960, 'c', number < 1200, 'd', concat('r', toString(number)))",
        right: 'number < 900 OR number % 10 < 7',
      }),
    );

    it('is a warning, and only when the whole interval lies beyond the bound', async () => {
      const { measurements } = await log.run('watch', sliced);
      const told = ['', 'region=a', 'region=c', 'region=d'].map((slice) => {
        const { value, rows, verdict } = accuracy(measurements, slice)!;
        return [slice, Number(value!.toFixed(3)), rows, verdict];
      });
      expect(told).toEqual([
        ['', expect.closeTo(0.922, 3), 1225, 'ok'],
        ['region=a', 1, 500, 'ok'],
        ['region=c', 0.7, 60, 'ok'],
        ['region=d', 0.7, 240, 'warning'],
      ]);
    });

    it('is given of the largest ones only', async () => {
      const { measurements } = await log.run('watch', sliced);
      const slices = measurements.filter(({ metric, slice }) => metric === 'accuracy' && slice !== '');
      expect(slices).toHaveLength(20);
      expect(slices.slice(0, 4).map(({ slice }) => slice)).toEqual(['region=a', 'region=b', 'region=d', 'region=c']);
    });

    it('comes with the slices that lie worst, and with what was most wrong in it', async () => {
      const { measurements } = await log.run('watch', sliced);
      const { slices, examples } = await log.evidence('watch', accuracy(measurements, 'region=d')!, sliced);
      expect(slices.map(({ slice, value }) => [slice, value])).toEqual([
        ['region=c', 0.7],
        ['region=d', 0.7],
        ['region=a', 1],
        ['region=b', 1],
      ]);
      expect(examples).toHaveLength(5);
      for (const { event_id: id, trace_id: trace, offset } of examples) {
        expect(offset).toBeGreaterThanOrEqual(960);
        expect(offset).toBeLessThan(1200);
        expect(offset % 10).toBeGreaterThanOrEqual(7);
        expect([id, trace]).toEqual([`12-${offset}`, `trace-${offset}`]);
      }
    });
  });

  it('tells model versions apart where several served', async () => {
    await serve(15, { rows: 200, right: 'number < 100 OR number % 2 = 0', modelVersion: "if(number < 100, '1', '2')" });
    const { measurements } = await log.run('watch', contextOf(17));
    expect(
      measurements.filter(({ metric }) => metric === 'accuracy').map(({ slice, value }) => [slice, value]),
    ).toEqual([
      ['', 0.75],
      ['model_version=1', 1],
      ['model_version=2', 0.5],
      ['region=a', 0.75],
    ]);
  });

  it('takes a missing value for a slice of its own', async () => {
    await serve(18, { rows: 100, right: '1', region: "if(number < 60, NULL, 'a')" });
    const { measurements } = await log.run('watch', contextOf(20));
    expect(accuracy(measurements, 'region=null')).toMatchObject({ rows: 60 });
  });

  it('leaves rows without a score out', async () => {
    await serve(21, { rows: 100, right: '1' });
    await log.insert('outcome_revisions', [
      {
        event_id: '21-0',
        event_time: START + 21 * HOUR,
        role: 'champion',
        score: NaN,
        label: 1,
        label_rank: 99,
        outcome_offset: 1,
      },
    ]);
    const { measurements } = await log.run('watch', contextOf(23));
    expect(accuracy(measurements)).toMatchObject({ value: 1, rows: 99 });
  });

  it('has no value where no row has a score', async () => {
    await serve(24, { rows: 60, right: '1' });
    const rows = await log.select<{ event_id: string; event_time: string }>(
      `SELECT event_id, event_time FROM ${log.database}.predictions WHERE startsWith(event_id, '24-')`,
    );
    await log.insert(
      'outcome_revisions',
      rows.map((row) => ({ ...row, role: 'champion', score: NaN, label: 1, label_rank: 99, outcome_offset: 1 })),
    );
    const { measurements } = await log.run('watch', contextOf(26));
    expect(measurements.map(({ metric, slice, value, verdict }) => [metric, slice, value, verdict])).toEqual([
      ['accuracy', '', null, 'insufficient'],
      ['roc_auc', '', null, 'insufficient'],
      ['accuracy', 'region=a', null, 'insufficient'],
      ['roc_auc', 'region=a', null, 'insufficient'],
    ]);
  });
});
