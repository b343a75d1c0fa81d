import type { MonitorDefinition } from '#contracts';
import type { MonitorContext } from '#domain/monitors';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

const START = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const contextOf = (minute: number, version = '2'): MonitorContext => ({
  window: { startMs: START + minute * MINUTE_MS, endMs: START + (minute + 1) * MINUTE_MS },
  cut: { ...WHOLE_LOG, predictions: [Number.MAX_SAFE_INTEGER, 1_000] },
  cutBefore: null,
  model: { version, referenceRows: 0, calibration: null },
});

const attribution = (name: string, reference: 'first' | 'previous'): MonitorDefinition => ({
  ...A_MONITOR,
  name,
  kind: 'attribution',
  minRows: 4,
  rules: [{ metric: 'ndcg', below: 0.9 }],
  reference,
  delayMs: 0,
});

describe('attributions', () => {
  let log: MonitoredLog;

  /** Four explanations of a minute: price and demand contribute this much, either way. */
  const explained = (minute: number, price: number, demand: number, over: Readonly<Record<string, unknown>> = {}) =>
    Array.from({ length: 4 }, (_, i) => ({
      event_id: `e-${minute}-${i}`,
      event_time: START + minute * MINUTE_MS + i,
      model_version: '2',
      why: 'sample',
      contributions: [
        { feature: 'price', contribution: i % 2 === 0 ? price : -price },
        { feature: 'demand', contribution: demand * (1 + i) },
      ],
      prediction_partition: i % 2,
      prediction_offset: minute * 10 + i,
      ...over,
    }));

  beforeAll(async () => {
    log = await MonitoredLog.create(
      aMonitoredPipeline({
        explain: { top: 2, sample: 0.5, when: 'prediction.score > 0.9' },
        monitors: [attribution('since_first', 'first'), attribution('since_last', 'previous')],
      }),
    );
    await log.insert('explanations', [
      ...explained(1, 1, 0.04),
      ...explained(2, 0.5, 0.02),
      ...explained(4, 0.1, 0.4),
      ...explained(5, 0.1, 0.4),
      // None of these says how the sample of version 2 was: another version, chosen, and not known then.
      ...explained(0, 9, 9, { model_version: '1' }),
      ...explained(4, 9, 9, { why: 'when' }),
      ...explained(4, 9, 9, { prediction_partition: 1, prediction_offset: 1_000 }),
    ]);
  });
  afterAll(() => log.drop());

  const figures = async (monitor: string, context: MonitorContext) => {
    const { measurements } = await log.run(monitor, context);
    return new Map(measurements.map((one) => [`${one.metric} ${one.subject}`.trim(), one]));
  };

  it('are as they were while all contributions shrink alike', async () => {
    const found = await figures('since_first', contextOf(2));
    expect(found.get('ndcg')).toMatchObject({ value: 1, verdict: 'ok', rows: 4, referenceRows: 4 });
    expect(found.get('total_variation')!.value).toBeCloseTo(0, 12);
    expect(found.get('importance price')).toMatchObject({ value: 0.5, referenceValue: 1 });
    expect(found.get('importance demand')!.value).toBeCloseTo(0.05, 12);
  });

  it('have changed when another feature decides, against the first window of the version and with the predictions to look at', async () => {
    const context = contextOf(4);
    const found = await figures('since_first', context);
    const order = found.get('ndcg')!;
    // 1 and 0.1 before, 0.1 and 1 now.
    expect(order.value).toBeCloseTo((0.1 + 1 / Math.log2(3)) / (1 + 0.1 / Math.log2(3)), 12);
    expect(order).toMatchObject({ verdict: 'warning', rows: 4, referenceRows: 4 });
    expect(found.get('total_variation')!.value).toBeCloseTo(9 / 11, 12);
    expect(found.get('share_change demand')!.value).toBeCloseTo(9 / 11, 12);
    const { examples } = await log.evidence('since_first', found.get('share_change demand')!, context);
    expect(examples.map(({ event_id, partition, offset }) => [event_id, partition, offset])).toEqual([
      ['e-4-3', 1, 43],
      ['e-4-2', 0, 42],
      ['e-4-1', 1, 41],
      ['e-4-0', 0, 40],
    ]);
  });

  it('can be held against the window before', async () => {
    expect((await figures('since_last', contextOf(5))).get('ndcg')).toMatchObject({ value: 1, verdict: 'ok' });
    expect((await figures('since_last', contextOf(4))).get('ndcg')).toMatchObject({
      verdict: 'insufficient',
      referenceRows: 0,
    });
  });

  it.each([
    ['the first window itself', 1, '2'],
    ['a window without explanations', 3, '2'],
    ['a version that is not there', 4, '9'],
  ])('are not told of %s', async (_, minute, version) => {
    const { measurements } = await log.run('since_first', contextOf(minute, version));
    expect(new Set(measurements.map(({ metric, verdict }) => (metric === 'importance' ? 'insufficient' : verdict)))).toEqual(new Set(['insufficient'])); // prettier-ignore
  });
});
