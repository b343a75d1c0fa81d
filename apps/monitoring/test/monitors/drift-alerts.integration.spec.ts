import type { AlertRecord, MonitorDefinition, NumericDriftMethod } from '#contracts';
import { foldAlerts, type AlertStates } from '#domain/alerts';
import type { MonitorContext } from '#domain/monitors';
import { faultOptions, faultRounds } from '#platform/testing';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

/** EDDYLINE_FAULTS=full: 200 windows without a shift. */
const STATIONARY = faultRounds({ small: 12, full: 200 });
const ROWS = 1_000;
const REFERENCE_ROWS = 20_000;
const SHIFTED = 3;
/** Windows after a shift in which nothing is shifted: its alert resolves. */
const CALM = 3;
const WINDOW_MS = 60_000;
const START = Date.UTC(2026, 0, 1);

/** Windows of a shift, the first and the one after its last. */
const episode = (n: number): readonly [number, number] => {
  const from = STATIONARY + n * (SHIFTED + CALM);
  return [from, from + SHIFTED];
};
const SHIFTS = [
  { what: 'half a standard deviation', subject: 'n3', windows: episode(0) },
  { what: 'a category that doubles', subject: 'c1', windows: episode(1) },
  { what: 'a sensor that goes null', subject: 'n9', windows: episode(2) },
] as const;
const WINDOWS = STATIONARY + SHIFTS.length * (SHIFTED + CALM);
const [HALF_DEVIATION, DOUBLED, GONE_NULL] = SHIFTS.map(
  ({ windows: [from, until] }) => `intDiv(number, ${ROWS}) >= ${from} AND intDiv(number, ${ROWS}) < ${until}`,
) as [string, string, string];

/** Uniform in (0, 1), the same for the same row, draw and stream. */
const uniform = (draw: number, stream: string): string =>
  `((sipHash64(number, ${draw}, ${stream}, ${faultOptions().seed}) + 0.5) / 18446744073709551616)`;
/** Box and Muller. */
const normal = (draw: number, stream: string): string =>
  `(sqrt(-2 * log(${uniform(2 * draw, stream)})) * cos(2 * pi() * ${uniform(2 * draw + 1, stream)}))`;

/**
 * 16 numbers of many shapes and 4 categories, and a score that takes a little of each number.
 *
 * @param shift what happens to the stream; `0` in the reference
 */
function columnsOf(stream: string, shift: { half: string; doubled: string; gone: string }): Record<string, string> {
  const numbers = Array.from({ length: 16 }, (_, i) => {
    const z = normal(i, stream);
    switch (i) {
      case 3:
        return `5 + 2 * (${z} + if(${shift.half}, 0.5, 0))`;
      case 9:
        return `if(${shift.gone}, NULL, 20 + ${z})`;
      case 10:
      case 11:
        return `exp(${z})`;
      case 12:
        return `10 * ${uniform(2 * i, stream)}`;
      case 13:
        return `floor(6 * ${uniform(2 * i, stream)})`;
      case 14:
        return `greatest(0, ${z})`;
      case 15:
        return `if(${uniform(2 * i + 1, stream)} < 0.05, NULL, ${uniform(2 * i, stream)})`;
      default:
        return `${i * 100} + ${i + 1} * ${z}`;
    }
  });
  const u = (draw: number): string => uniform(100 + draw, stream);
  const signal = numbers.map((_, i) => normal(i, stream)).join(' + ');
  return {
    ...Object.fromEntries(numbers.map((expression, i) => [`n${i}`, expression])),
    c1: `if(${u(0)} < if(${shift.doubled}, 0.2, 0.1), 'rare', concat('c', toString(floor(5 * ${u(1)}))))`,
    c2: `if(${u(2)} < 0.5, 'yes', 'no')`,
    c3: `concat('shop-', toString(floor(40 * pow(${u(3)}, 2))))`,
    c4: `if(${u(4)} < 0.1, NULL, if(${u(5)} < 0.3, 'card', 'cash'))`,
    score: `1 / (1 + exp(-(${signal}) / 4))`,
  };
}

const FEATURES = [
  ...Array.from({ length: 16 }, (_, i) => ({ name: `n${i}`, type: 'number' as const })),
  ...['c1', 'c2', 'c3', 'c4'].map((name) => ({ name, type: 'string' as const })),
];

/** As a pipeline file has it that says nothing but the method. */
const METHODS: readonly NumericDriftMethod[] = ['psi', 'jensen_shannon', 'kolmogorov_smirnov', 'wasserstein'];
const MONITORS = METHODS.map((numeric): MonitorDefinition => ({
  ...A_MONITOR,
  name: numeric,
  kind: 'drift',
  minRows: 500,
  hysteresis: 0.1,
  reference: 'training',
  features: FEATURES.map(({ name }) => name),
  score: true,
  numeric,
  categorical: 'jensen_shannon',
  falseDiscoveryRate: 0.01,
  rules: [...new Set([numeric, 'jensen_shannon'])].flatMap((metric) => [
    { metric, above: 0.2 },
    { metric, above: 0.1, severity: 'warning' as const },
  ]),
}));

describe(`drift of 20 features over ${STATIONARY} windows without a shift, then three shifts`, () => {
  const definition = aMonitoredPipeline({ features: FEATURES, monitors: MONITORS });
  let log: MonitoredLog;
  /** Alerts by the method of their monitor, with the number of the window in which each was sent. */
  const alerts = new Map<string, { readonly window: number; readonly alert: Omit<AlertRecord, 'evidence'> }[]>();

  beforeAll(
    async () => {
      log = await MonitoredLog.create(definition);
      await log.generate('model_reference', REFERENCE_ROWS, {
        model_version: "'1'",
        row: 'number',
        ...Object.fromEntries(
          Object.entries(columnsOf("'reference'", { half: '0', doubled: '0', gone: '0' })).map(([name, expression]) => [
            name === 'score' ? name : `feature_${name}`,
            expression,
          ]),
        ),
      });
      await log.generate('predictions', WINDOWS * ROWS, {
        event_id: 'toString(number)',
        event_time: `fromUnixTimestamp64Milli(${START} + intDiv(number, ${ROWS}) * ${WINDOW_MS} + number % ${ROWS}, 'UTC')`,
        role: "'champion'",
        model_version: "'1'",
        log_offset: 'number',
        ...columnsOf("'stream'", { half: HALF_DEVIATION, doubled: DOUBLED, gone: GONE_NULL }),
      });
      const states = new Map<string, AlertStates>();
      for (let window = 0; window < WINDOWS; window++) {
        const startMs = START + window * WINDOW_MS;
        const context: MonitorContext = {
          window: { startMs, endMs: startMs + WINDOW_MS },
          cut: WHOLE_LOG,
          cutBefore: null,
          model: { version: '1', referenceRows: REFERENCE_ROWS, calibration: null },
        };
        // One query gives what every method judges by.
        const { rows, query } = await log.run(MONITORS[0]!.name, context);
        for (const { name } of MONITORS) {
          const monitor = log.monitor(name);
          const { measurements } = monitor.judge(rows, context, undefined);
          const folded = foldAlerts(states.get(name) ?? {}, {
            pipeline: definition.name,
            pipelineRevision: 1,
            monitor: monitor.definition,
            windowStart: startMs,
            windowEnd: startMs + WINDOW_MS,
            modelVersion: '1',
            query,
            measurements,
            noticedAt: startMs + WINDOW_MS,
          });
          states.set(name, folded.states);
          alerts.set(name, [...(alerts.get(name) ?? []), ...folded.changes.map(({ alert }) => ({ window, alert }))]);
        }
      }
    },
    faultRounds({ small: 600_000, full: 3_600_000 }),
  );
  afterAll(() => log.drop());

  const firedIn = (method: string, from: number, until: number) =>
    alerts
      .get(method)!
      .filter(({ window, alert }) => window >= from && window < until && alert.state === 'firing')
      .map(({ window, alert }) => ({ window, subject: alert.subject }));

  it.each(METHODS)('%s: no alert where nothing is shifted', (method) => {
    expect(firedIn(method, 0, STATIONARY)).toEqual([]);
  });

  it.each(METHODS.flatMap((method) => SHIFTS.map((shift) => [method, shift.what, shift] as const)))(
    '%s: %s is alerted within three windows, by the feature and by nothing else',
    (method, _what, { subject, windows: [from, until] }) => {
      const fired = firedIn(method, from, until + CALM);
      expect(new Set(fired.map((one) => one.subject))).toEqual(new Set([subject]));
      expect(fired[0]!.window - from).toBeLessThan(SHIFTED);
    },
  );

  it.each(METHODS)('%s: each alert resolves when its shift is over', (method) => {
    const changes = alerts.get(method)!.map(({ alert }) => `${alert.subject} ${alert.state}`);
    for (const { subject } of SHIFTS) expect(changes).toContain(`${subject} resolved`);
  });

  it('shows rows that are unlike the reference', async () => {
    const [from] = SHIFTS[2].windows;
    const startMs = START + from * WINDOW_MS;
    const context: MonitorContext = {
      window: { startMs, endMs: startMs + WINDOW_MS },
      cut: WHOLE_LOG,
      cutBefore: null,
      model: { version: '1', referenceRows: REFERENCE_ROWS, calibration: null },
    };
    const { measurements } = await log.run('psi', context);
    const gone = measurements.find(({ metric, subject }) => metric === 'psi' && subject === 'n9')!;
    expect(gone).toMatchObject({ threshold: 0.2, rows: ROWS, referenceRows: REFERENCE_ROWS });
    expect(gone.explanation).toContain('missing in 100 %, before in 0 %');
    const { examples } = await log.evidence('psi', gone, context);
    expect(examples).toHaveLength(5);
  });
});
