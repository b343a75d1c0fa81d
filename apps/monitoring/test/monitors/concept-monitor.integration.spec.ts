import type { MonitorDefinition } from '#contracts';
import { adwin, pageHinkley } from '#domain/drift-detectors';
import type { MonitorContext } from '#domain/monitors';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

type Concept = Extract<MonitorDefinition, { kind: 'concept' }>;

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const ADWIN = { kind: 'adwin', delta: 0.002 } as const;
const PAGE_HINKLEY = { kind: 'page_hinkley', minInstances: 30, delta: 0.005, threshold: 20, alpha: 0.9999 } as const;

function aConceptMonitor(changes: Partial<Concept> = {}): Concept {
  return { ...A_MONITOR, kind: 'concept', detector: ADWIN, rules: [{ metric: 'change', above: 0 }], ...changes };
}

/** Window number `place`, of what came from one offset to another on the first partition. */
const windowOf = (place: number, from: number | null, to: number): MonitorContext => ({
  window: { startMs: START + place * MINUTE, endMs: START + (place + 1) * MINUTE },
  cut: { ...WHOLE_LOG, outcomes: [to, 0] },
  cutBefore: from === null ? null : { ...WHOLE_LOG, outcomes: [from, 0] },
  model: null,
});

interface Outcome {
  readonly id: number;
  readonly wrong: boolean;
  /** Of the label; the higher outranks. */
  readonly rank?: number;
  readonly role?: string;
  /** When the label became known; ms after the start. */
  readonly knownMs?: number;
}

/** Outcomes in the order in which they came, from an offset on. */
const rowsOf = (outcomes: readonly Outcome[], offset = 0) =>
  outcomes.map(({ id, wrong, rank = 1, role = 'champion', knownMs = id }, at) => ({
    event_id: `e${String(id).padStart(6, '0')}`,
    event_time: START + id,
    role,
    score: 0.9,
    decision: 'positive',
    label: wrong ? 0 : 1,
    label_rank: rank,
    label_time: START + knownMs,
    outcome_partition: 0,
    outcome_offset: offset + at,
    region: id % 2 === 0 ? 'north' : 'south',
  }));

/** Every `n`th is wrong: as many errors as can be told apart from chance without chance. */
const stream = (from: number, count: number, n: number): Outcome[] =>
  Array.from({ length: count }, (_, i) => ({ id: from + i, wrong: (from + i) % n === 0 }));

const errorsOf = (outcomes: readonly Outcome[]) => outcomes.map(({ wrong }) => (wrong ? 1 : 0));

function adwinOver(errors: readonly number[]) {
  return errors.reduce((state, error) => adwin.step(state, error, ADWIN).state, adwin.initial);
}

describe('concept monitor', () => {
  const logs: MonitoredLog[] = [];
  const aLog = async (
    monitor = aConceptMonitor(),
    task: 'binary-classification' | 'regression' = 'binary-classification',
  ) => {
    const log = await MonitoredLog.create(
      aMonitoredPipeline({
        model: { task, threshold: 0.5 },
        fields: [{ name: 'region', type: 'string' }],
        slices: ['region'],
        monitors: [monitor],
      }),
    );
    logs.push(log);
    return log;
  };
  afterAll(() => Promise.all(logs.map((log) => log.drop())));

  it('alerts in the window in which the errors rose, and says from what to what and since when', async () => {
    const log = await aLog();
    await log.insert('outcome_revisions', rowsOf([...stream(0, 4000, 10), ...stream(4000, 1000, 2)]));
    const quiet = await log.run('watch', windowOf(0, null, 4000));
    expect(quiet.measurements).toEqual([
      expect.objectContaining({
        metric: 'change',
        value: 0,
        rows: 4000,
        verdict: 'ok',
        recovered: true,
        explanation: '',
      }),
    ]);
    const rise = await log.run('watch', windowOf(1, 4000, 5000), quiet.memory);
    const [measurement] = rise.measurements;
    expect(measurement).toMatchObject({
      value: 1,
      rows: 1000,
      verdict: 'critical',
      referenceValue: expect.closeTo(0.1, 1),
    });
    expect(measurement!.explanation).toMatch(
      /^the share of wrong decisions rose from 0\.1\d* to 0\.\d+, (9[5-9]\d|10[0-4]\d) outcomes ago \(ADWIN\)$/,
    );
    const evidence = await log.evidence('watch', measurement!, windowOf(1, 4000, 5000));
    expect(evidence.slices.map(({ slice }) => slice)).toEqual(['region=north', 'region=south']);
    expect(evidence.examples[0]).toMatchObject({ event_id: 'e004998' });
  });

  it('gives the detector each label once: not what is repeated, nor what other windows had', async () => {
    const log = await aLog();
    const first = stream(0, 500, 7);
    const second = stream(500, 500, 3);
    const corrected = { id: 3, wrong: true, rank: 2, knownMs: 700 };
    await log.insert('outcome_revisions', [
      ...rowsOf([...first, ...first, ...first]),
      ...rowsOf([...second, ...first, corrected, corrected, ...second], 1500),
      ...rowsOf([{ id: 1, wrong: true, role: 'shadow' }], 10_000),
    ]);
    // The windows overlap, as where they are longer than the time between them.
    const one = await log.run('watch', windowOf(0, null, 1500));
    const two = await log.run('watch', windowOf(1, 1000, 3002), one.memory);
    const nothing = await log.run('watch', windowOf(2, 1500, 10_001), two.memory);
    expect([one, two, nothing].map(({ measurements: [m] }) => m!.rows)).toEqual([500, 501, 0]);
    const expected = [...errorsOf(first), ...errorsOf(second)];
    // Of labels known at one time the event's name settles the order.
    expected.splice(700, 0, 1);
    expect(nothing.memory).toEqual({ fed: [10_001, 0], progress: { kind: 'adwin', state: adwinOver(expected) } });
  });

  it('takes outcomes in the order in which labels became known, not in which they came', async () => {
    const log = await aLog();
    const outcomes = stream(0, 300, 4);
    await log.insert('outcome_revisions', rowsOf(outcomes.toReversed()));
    const { memory } = await log.run('watch', windowOf(0, null, 300));
    expect(memory).toMatchObject({ progress: { state: adwinOver(errorsOf(outcomes)) } });
  });

  it('tells a fall of the errors apart from a rise', async () => {
    const log = await aLog();
    await log.insert('outcome_revisions', rowsOf([...stream(0, 2000, 2), ...stream(2000, 1000, 10)]));
    const { measurements } = await log.run('watch', windowOf(0, null, 3000));
    expect(measurements[0]).toMatchObject({ value: -1, verdict: 'ok' });
  });

  it('follows the absolute error of a regression, by Page–Hinkley', async () => {
    const log = await aLog(aConceptMonitor({ detector: PAGE_HINKLEY }), 'regression');
    const rows = rowsOf(stream(0, 1000, 3)).map((row, i) => ({
      ...row,
      score: 10,
      label: i < 800 ? 9.75 + (i % 2) / 2 : 12.25,
    }));
    await log.insert('outcome_revisions', [...rows, ...rowsOf([{ id: 2000, wrong: false }], 1000).map((row) => ({ ...row, label: NaN }))]); // prettier-ignore
    const { measurements, memory } = await log.run('watch', windowOf(0, null, 1001));
    expect(measurements[0]).toMatchObject({ value: 1, verdict: 'critical', rows: 1000 });
    expect(measurements[0]!.explanation).toMatch(/^the mean absolute error rose from 0\.25 to 2\.25, 200 outcomes ago/);
    const state = rows.reduce(
      (s, { label }) => pageHinkley.step(s, Math.abs(10 - label), PAGE_HINKLEY).state,
      pageHinkley.initial,
    );
    expect(memory).toMatchObject({ progress: { kind: 'page_hinkley', state } });
  });

  it.each([
    ['no outcomes', []],
    ['ten outcomes', stream(0, 10, 2)],
  ])('says nothing of %s where a hundred are wanted', async (_, outcomes) => {
    const log = await aLog(aConceptMonitor({ minRows: 100 }));
    if (outcomes.length > 0) await log.insert('outcome_revisions', rowsOf(outcomes));
    const { measurements } = await log.run('watch', windowOf(0, null, 100));
    expect(measurements).toEqual([
      expect.objectContaining({
        verdict: 'insufficient',
        explanation: `${outcomes.length} outcomes are too few to tell whether the errors change`,
      }),
    ]);
  });

  it('begins anew where another detector was chosen', async () => {
    const log = await aLog(aConceptMonitor({ detector: PAGE_HINKLEY }));
    await log.insert('outcome_revisions', rowsOf(stream(0, 50, 2)));
    const memory = { fed: [20, 0], progress: { kind: 'adwin', state: adwin.initial } };
    const run = await log.run('watch', windowOf(0, null, 50), memory);
    expect(run.measurements[0]).toMatchObject({ rows: 30, value: 0 });
    expect(run.memory).toMatchObject({ fed: [50, 0], progress: { kind: 'page_hinkley', state: { values: 30 } } });
  });
});
