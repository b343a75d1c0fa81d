import { readFileSync } from 'node:fs';
import type { MonitorDefinition } from '#contracts';
import { FAIRNESS_METRICS, type MonitorContext } from '#domain/monitors';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

interface Reference {
  readonly name: string;
  readonly labels: readonly number[];
  readonly decisions: readonly number[];
  readonly groups: readonly string[];
  readonly expected: Readonly<Record<string, number | null>>;
  readonly rates: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const { cases } = JSON.parse(readFileSync(new URL('fixtures/fairness.golden.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Reference[];
};

const HOUR = 3_600_000;
/** A window each, of an hour. */
const contextOf = (place: number): MonitorContext => ({
  window: { startMs: Date.UTC(2026, 0, 1, place), endMs: Date.UTC(2026, 0, 1, place + 1) },
  cut: WHOLE_LOG,
  cutBefore: null,
  model: null,
});

const fair = (name: string, changes: Partial<Extract<MonitorDefinition, { kind: 'fairness' }>> = {}) =>
  ({
    ...A_MONITOR,
    name,
    kind: 'fairness',
    by: ['group'],
    metrics: FAIRNESS_METRICS,
    minGroup: 1,
    delayMs: 0,
    confidence: 0.95,
    ...changes,
  }) as const;

const PARITY = { metrics: ['demographic_parity_difference'], minGroup: 100 };

describe('fairness', () => {
  let log: MonitoredLog;
  beforeAll(async () => {
    log = await MonitoredLog.create(
      aMonitoredPipeline({
        fields: [
          { name: 'group', type: 'string' },
          { name: 'other', type: ['null', 'string'], default: null },
        ],
        monitors: [
          fair('all'),
          fair('parity', { ...PARITY, by: ['group', 'other'], rules: [{ metric: PARITY.metrics[0]!, above: 0.1 }] }),
          fair('late', { delayMs: 2 * HOUR }),
        ],
      }),
    );
    for (const [place, { labels, decisions, groups }] of cases.entries()) {
      const rows = labels.map((label, row) => ({
        event_id: `${place}-${row}`,
        event_time: contextOf(place).window.startMs + row,
        role: 'champion',
        decision: decisions[row] === 1 ? 'positive' : 'negative',
        group: groups[row],
        label,
      }));
      await log.insert(
        'predictions',
        rows.map(({ label: _, ...prediction }) => prediction),
      );
      await log.insert('outcome_revisions', rows);
    }
  });
  afterAll(() => log.drop());

  it.each(cases.map(({ name }, place) => [name, place] as const))(
    'is what Fairlearn computes: %s',
    async (_, place) => {
      const { expected, rates, groups } = cases[place]!;
      const { measurements } = await log.run('all', contextOf(place));
      for (const metric of FAIRNESS_METRICS) {
        const { value, low, high, rows } = measurements.find((one) => one.metric === metric)!;
        // Quotients of whole numbers and their difference: 1e-15.
        expect([metric, value === null ? null : Math.abs(value - expected[metric]!) <= 1e-15]).toEqual([
          metric,
          expected[metric] === null ? null : true,
        ]);
        if (low !== null) expect(low).toBeLessThanOrEqual(value!);
        if (high !== null) expect(high).toBeGreaterThanOrEqual(value!);
        if (metric !== 'equal_opportunity_difference' && metric !== 'equal_opportunity_ratio')
          expect(rows).toBe(groups.length);
      }
      for (const [group, values] of Object.entries(rates)) {
        for (const [rate, wanted] of Object.entries(values)) {
          const found = measurements.find((one) => one.metric === rate && one.slice === `group=${group}`)!;
          // Fairlearn gives 0 for the rate of nothing; it has no value.
          if (found.rows > 0) expect(found.value).toBe(wanted);
          else expect([found.value, wanted]).toEqual([null, 0]);
        }
      }
    },
  );

  it('looks at labels as far back as they take to come', async () => {
    const now = await log.run('all', contextOf(0));
    const later = await log.run('late', contextOf(2));
    expect(later.measurements).toEqual(now.measurements);
  });

  it('has no value for an empty window', async () => {
    const { measurements } = await log.run('all', contextOf(20));
    expect(measurements.map(({ metric, value, verdict }) => [metric, value, verdict])).toEqual(
      FAIRNESS_METRICS.map((metric) => [metric, null, 'insufficient']),
    );
  });

  describe('of groups of 1,000, 1,000 and 30', () => {
    const context = contextOf(30);
    /** Selected: 30 %, 45 %, everybody. */
    beforeAll(() =>
      log.generate('predictions', 2_030, {
        event_id: "concat('large-', toString(number))",
        event_time: `fromUnixTimestamp64Milli(toInt64(${context.window.startMs} + number))`,
        role: "'champion'",
        group: "multiIf(number < 1000, 'a', number < 2000, 'b', 'tiny')",
        decision: "if(number >= 2000 OR number % 100 < if(number < 1000, 30, 45), 'positive', 'negative')",
        score: 'number % 100',
      }),
    );

    it('leaves small groups out, and says so', async () => {
      const { measurements } = await log.run('parity', context);
      expect(measurements[0]).toMatchObject({
        subject: 'group',
        value: 0.45 - 0.3,
        verdict: 'warning',
        threshold: 0.1,
        explanation:
          'demographic_parity_difference by group is 0.15, above 0.1; left out for fewer than 100 rows: group=tiny (30)',
      });
    });

    it('has nothing to compare in a column that is empty', async () => {
      const { measurements } = await log.run('parity', context);
      expect(measurements[1]).toMatchObject({
        subject: 'other',
        verdict: 'insufficient',
        explanation: 'demographic_parity_difference by other: there are no two groups to compare',
      });
    });

    it('shows the rates of the groups, and whom the least selected one refused', async () => {
      const { measurements } = await log.run('parity', context);
      const { slices, examples } = await log.evidence('parity', measurements[0]!, context);
      expect(slices).toEqual([
        { slice: 'group=a', value: 0.3, rows: 1000 },
        { slice: 'group=b', value: 0.45, rows: 1000 },
      ]);
      expect(examples).toHaveLength(5);
      for (const { event_id: id } of examples) expect(Number(id.replace('large-', ''))).toBeLessThan(1000);
    });

    it('needs no labels for demographic parity', () => {
      expect([log.monitor('parity').clock, log.monitor('all').clock]).toEqual(['events', 'labels']);
    });
  });

  it('does not count a difference that chance explains', async () => {
    const context = contextOf(40);
    await log.generate('predictions', 200, {
      event_id: "concat('few-', toString(number))",
      event_time: `fromUnixTimestamp64Milli(toInt64(${context.window.startMs} + number))`,
      role: "'champion'",
      group: "if(number < 100, 'a', 'b')",
      decision: "if(number % 100 < if(number < 100, 30, 41), 'positive', 'negative')",
    });
    const { measurements } = await log.run('parity', context);
    expect(measurements[0]).toMatchObject({ verdict: 'ok', low: 0, explanation: '' });
    expect(measurements[0]!.value).toBeCloseTo(0.11, 12);
  });
});
