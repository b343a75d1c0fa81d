import type { PipelineDefinition, RolloutState } from '#contracts';
import {
  guardQueries,
  judgeGuards,
  progressQuery,
  toGuardReading,
  toRolloutProgress,
  type GuardQueryInput,
  type GuardReading,
} from '#domain/rollout';
import { isChallenger } from '#domain/routing';
import { interpolate, seededUniforms } from '#domain/statistics';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog } from './monitors/support/monitored-log.js';

const START = Date.UTC(2026, 0, 1);
const STEP_MS = 1_000;
const EVENTS = 1_500;
const CLOCK = START + EVENTS * STEP_MS;
const LABEL_DELAY_MS = 200 * STEP_MS;
const CALIBRATION = { scores: [0.2, 0.8], probabilities: [0.1, 0.9] };

const METRICS = [
  'accuracy',
  'brier',
  'divergence',
  'error_rate',
  'estimated_accuracy',
  'latency_p99_ms',
  'log_loss',
  'roc_auc',
];

function definitionWith(changes: Partial<PipelineDefinition> = {}): PipelineDefinition {
  return aMonitoredPipeline({
    monitors: [
      {
        ...A_MONITOR,
        name: 'approved',
        kind: 'business',
        sql: "SELECT avg(decision = 'positive') AS value FROM {predictions}",
        on: 'predictions',
        rules: [{ metric: 'value', below: 0.1 }],
      },
    ],
    rollout: {
      steps: [{ kind: 'canary', share: 0.3, holdMs: EVENTS * STEP_MS }],
      guards: [...METRICS, 'approved'].map((metric) => ({ metric, worseBy: 0.05, above: 5, minRows: 10 })),
      falseRollbackRate: 0.05,
      falsePromotionRate: 0.05,
      minLabelled: 10,
      watchMs: 0,
      deadlineMs: 1e12,
    },
    ...changes,
  });
}

const ROLLOUT: RolloutState = {
  id: 'rollout-4',
  version: '2',
  against: '1',
  steps: [{ kind: 'canary', share: 0.3, holdMs: 1 }],
  step: 0,
  phase: 'canary',
  paused: false,
  salt: 'rollout-4',
  startedAt: START,
  stepStartedAt: START + 100 * STEP_MS,
  looks: 0,
  lookedAt: null,
  startedBy: 'test',
  reason: 'test',
};

interface Arm {
  readonly score: number;
  readonly scoringMs: number;
}

/** An event as it was scored by version 2 (`challenger`) and version 1. */
interface Scored {
  readonly index: number;
  readonly id: string;
  readonly time: number;
  readonly challenger: Arm;
  readonly champion: Arm;
  readonly serves: '1' | '2';
  readonly isFailed: boolean;
  /** The other score is not in the log yet. */
  readonly isAlone: boolean;
  readonly label: number | null;
}

const clamp = (x: number): number => Math.min(0.999, Math.max(0.001, x));
const decisionOf = (score: number): string => (score >= 0.5 ? 'positive' : 'negative');

function someEvents(): readonly Scored[] {
  const uniform = seededUniforms(7);
  return Array.from({ length: EVENTS }, (_, index) => {
    const truth = uniform();
    const isPositive = uniform() < truth;
    const isFailed = uniform() < 0.02;
    const key = `k${index % 97}`;
    return {
      index,
      // Two events have one time.
      id: `e${index}`,
      time: START + (index - (index % 2)) * STEP_MS,
      champion: { score: clamp(truth + 0.2 * (uniform() - 0.5)), scoringMs: uniform() },
      challenger: { score: clamp(truth + 0.4 * (uniform() - 0.5)), scoringMs: 1.2 * uniform() },
      serves: !isFailed && isChallenger(ROLLOUT.salt, key, 0.3) ? '2' : '1',
      isFailed,
      isAlone: uniform() < 0.03,
      label: uniform() < 0.8 ? Number(isPositive) : null,
    };
  });
}

const events = someEvents();
const bothScored = events.filter(({ isFailed, isAlone }) => !isFailed && !isAlone);
const labelled = bothScored.filter(({ label, time }) => label !== null && time < CLOCK - LABEL_DELAY_MS);

function rowOf(event: Scored, version: '1' | '2', role: string): Record<string, unknown> {
  const { score, scoringMs } = version === '2' ? event.challenger : event.champion;
  return {
    event_id: event.id,
    event_time: event.time,
    predicted_at: event.time,
    model_version: version,
    role,
    score,
    decision: decisionOf(score),
    scoring_ms: scoringMs,
    flags: event.isFailed ? ['challenger_failed'] : [],
  };
}

describe('guards over the log', () => {
  const definition = definitionWith();
  let log: MonitoredLog;
  beforeAll(async () => {
    log = await MonitoredLog.create(definition);
    const before = { ...rowOf(events[0]!, '1', 'champion'), event_id: 'before', event_time: START - 1 };
    const after = { ...rowOf(events[0]!, '1', 'champion'), event_id: 'after', event_time: CLOCK };
    await log.insert('predictions', [
      ...events.map((event) => rowOf(event, event.serves, event.serves === '2' ? 'canary' : 'champion')),
      ...[before, after, { ...rowOf(events[0]!, '1', 'champion'), event_id: 'other', model_version: '7' }],
    ]);
    await log.insert('shadow_predictions', [
      ...events
        .filter(({ isFailed, isAlone }) => !isFailed && !isAlone)
        .map((event) => rowOf(event, event.serves === '2' ? '1' : '2', 'shadow')),
      ...[before, after].map((row) => ({ ...row, model_version: '2' })),
    ]);
    const outcomes = [...events, ...events.slice(0, 50)].flatMap((event, i) => {
      if (event.label === null) return [];
      // The first fifty had another label before.
      const isWrong = i < 50 && i === event.index;
      const label = isWrong ? 1 - event.label : event.label;
      const label_time = event.time + (event.index % 10 === 0 ? LABEL_DELAY_MS : 60 * STEP_MS);
      return [{ ...rowOf(event, event.serves, 'champion'), label, label_time, label_rank: isWrong ? 1 : 2 }];
    });
    await log.insert('outcomes_latest', outcomes.slice(0, 50));
    await log.insert('outcomes_latest', outcomes.slice(50));
  });
  afterAll(() => log.drop());

  const input: GuardQueryInput = {
    pipeline: definition,
    rollout: ROLLOUT,
    clock: CLOCK,
    labelsClock: null,
    labelDelayMs: LABEL_DELAY_MS,
    calibrations: { '2': CALIBRATION },
  };
  const readings = new Map<string, GuardReading>();
  const readingOf = async (metric: string): Promise<GuardReading> => {
    const query = guardQueries(input).find((one) => one.metric === metric)!;
    const reading = toGuardReading(query, await log.select(query.sql));
    readings.set(metric, reading);
    return reading;
  };

  /** Sums of what the arms' badness gives, as the queries should. */
  function expectTerms(
    reading: GuardReading,
    of: readonly Scored[],
    badness: (event: Scored, arm: 'challenger' | 'champion') => number,
  ): void {
    const own = of.map((event) => badness(event, 'challenger'));
    const differences = of.map((event, i) => own[i]! - badness(event, 'champion'));
    const sum = (terms: readonly number[]): number => terms.reduce((a, b) => a + b, 0);
    expect(reading.events).toBe(of.length);
    expect(reading.difference.count).toBe(of.length);
    // Ten digits of sums of some thousand doubles, added in another order.
    expect(reading.difference.sum).toBeCloseTo(sum(differences), 8);
    expect(reading.difference.squares).toBeCloseTo(sum(differences.map((x) => x * x)), 8);
    expect(reading.own.sum).toBeCloseTo(sum(own), 8);
    expect(reading.own.squares).toBeCloseTo(sum(own.map((x) => x * x)), 8);
    // Blocks of equally many events in the order of time.
    expect(reading.difference.blocks).toHaveLength(32);
    const sorted = of
      .map((event, i) => ({ event, term: differences[i]! }))
      .toSorted((a, b) => inOrder(a.event, b.event));
    const blocks = Array.from({ length: 32 }, () => ({ count: 0, sum: 0 }));
    for (const [i, { term }] of sorted.entries()) {
      const block = blocks[Math.floor((i * 32) / sorted.length)]!;
      block.count += 1;
      block.sum += term;
    }
    for (const [i, block] of blocks.entries()) {
      expect(reading.difference.blocks[i]!.count).toBe(block.count);
      expect(reading.difference.blocks[i]!.sum).toBeCloseTo(block.sum, 8);
    }
  }

  const inOrder = (a: Scored, b: Scored): number => a.time - b.time || (a.id < b.id ? -1 : 1);
  const isWrong = (score: number, label: number): number =>
    Number(decisionOf(score) !== (label === 1 ? 'positive' : 'negative'));

  it.each<[string, (score: number, label: number) => number]>([
    ['accuracy', isWrong],
    ['brier', (score, label) => (score - label) ** 2],
    ['log_loss', (score, label) => -Math.log(label === 1 ? score : 1 - score)],
  ])('%s is summed over what both scored and has a label that holds', async (metric, loss) => {
    expectTerms(await readingOf(metric), labelled, (event, arm) => loss(event[arm].score, event.label!));
  });

  it('divergence is of all that both scored', async () => {
    expectTerms(await readingOf('divergence'), bothScored, (event, arm) =>
      arm === 'champion' ? 0 : Math.abs(event.challenger.score - event.champion.score),
    );
  });

  it('estimated accuracy takes each version by its own calibration', async () => {
    const points = { xs: CALIBRATION.scores, ys: CALIBRATION.probabilities };
    expectTerms(await readingOf('estimated_accuracy'), bothScored, (event, arm) => {
      const { score } = event[arm];
      const probability = arm === 'challenger' ? interpolate(points, score) : score;
      return decisionOf(score) === 'positive' ? 1 - probability : probability;
    });
  });

  it('errors are what the challenger should have scored and did not', async () => {
    const told = events.filter(({ isFailed, isAlone }) => isFailed || !isAlone);
    expectTerms(await readingOf('error_rate'), told, (event, arm) => Number(arm === 'challenger' && event.isFailed));
  });

  it('latency is the share of events beyond the percentile and the bound', async () => {
    const reading = await readingOf('latency_p99_ms');
    const times = (arm: 'challenger' | 'champion') =>
      events
        .filter((event) => event.serves === (arm === 'challenger' ? '2' : '1') || (!event.isFailed && !event.isAlone))
        .map((event) => event[arm].scoringMs)
        .toSorted((a, b) => a - b);
    const champion = times('champion');
    const p99 = champion[Math.floor(0.99 * champion.length)]!;
    const own = times('challenger');
    expect(reading.champion).toBe(p99);
    expect(reading.challenger).toBe(own[Math.floor(0.99 * own.length)]);
    expect(reading.difference).toMatchObject({ count: own.length, sum: own.filter((ms) => ms > p99 + 0.05).length });
    expect(reading.own.sum).toBe(0);
  });

  it('areas are of full blocks of 128 labelled events', async () => {
    const reading = await readingOf('roc_auc');
    const sorted = labelled.toSorted(inOrder);
    const blocks = Array.from({ length: Math.floor(sorted.length / 128) }, (_, i) =>
      sorted.slice(i * 128, (i + 1) * 128),
    );
    const areas = blocks.map((block) => [areaOf(block, 'challenger'), areaOf(block, 'champion')] as const);
    expect(reading.events).toBe(blocks.length * 128);
    expect(reading.difference.count).toBe(blocks.length);
    expect(reading.difference.sum).toBeCloseTo(
      areas.reduce((sum, [own, other]) => sum + other - own, 0),
      8,
    );
    expect(1 - reading.challenger!).toBeCloseTo(areas.reduce((sum, [own]) => sum + own, 0) / areas.length, 8);
  });

  it('a business figure is of what each arm served, stretch by stretch', async () => {
    const reading = await readingOf('approved');
    // 25 minutes in stretches of two.
    const stretches = Array.from({ length: 12 }, (_, i) => {
      const inside = events.filter(({ time }) => time >= START + i * 120_000 && time < START + (i + 1) * 120_000);
      const share = (version: '1' | '2'): number => {
        const served = inside.filter(({ serves }) => serves === version);
        const arm = version === '2' ? 'challenger' : 'champion';
        return served.filter((event) => event[arm].score >= 0.5).length / served.length;
      };
      return share('1') - share('2');
    });
    expect(reading.difference.count).toBe(12);
    expect(reading.difference.sum).toBeCloseTo(
      stretches.reduce((a, b) => a + b, 0),
      8,
    );
  });

  it('the evidence for a promotion has a query of its own, and every query can be judged', async () => {
    const queries = guardQueries(input);
    expect(queries.filter(({ purpose }) => purpose === 'promotion').map(({ metric }) => metric)).toEqual(['brier']);
    const judgements = judgeGuards({ pipeline: definition, rollout: ROLLOUT, readings: [...readings.values()] });
    // Each guard has two bounds; that on the challenger itself lies above anything here.
    expect(judgements).toHaveLength(2 * queries.filter(({ purpose }) => purpose === 'guard').length);
    const verdicts = Object.fromEntries(
      judgements.filter(({ check }) => check === 'worse_by').map(({ metric, verdict }) => [metric, verdict]),
    );
    expect(verdicts).toMatchObject({
      divergence: 'breached',
      latency_p99_ms: 'breached',
      accuracy: 'ok',
      error_rate: 'ok',
    });
    expect(verdicts['roc_auc']).toBe('insufficient');
  });

  it('the step knows how far it is, and how late labels are', async () => {
    const [row] = await log.select(progressQuery(definition, ROLLOUT, CLOCK, 0));
    const inStep = events.filter(({ time }) => time >= ROLLOUT.stepStartedAt);
    const scored = inStep.filter(({ isFailed, isAlone }) => !isFailed && !isAlone);
    expect(toRolloutProgress([row!])).toEqual({
      events: inStep.length,
      compared: scored.length,
      labelled: scored.filter(({ label }) => label !== null).length,
      labelDelayMs: LABEL_DELAY_MS,
    });
  });
});

function areaOf(block: readonly Scored[], arm: 'challenger' | 'champion'): number {
  const positives = block.filter(({ label }) => label === 1);
  const negatives = block.filter(({ label }) => label === 0);
  let right = 0;
  for (const p of positives) {
    for (const n of negatives) {
      right += p[arm].score > n[arm].score ? 1 : p[arm].score === n[arm].score ? 0.5 : 0;
    }
  }
  return right / (positives.length * negatives.length);
}

describe('guards of other tasks', () => {
  it.each([
    ['multiclass-classification', ['accuracy', 'log_loss', 'estimated_accuracy', 'divergence']],
    ['regression', ['absolute_error', 'squared_error', 'divergence']],
  ] as const)('are queries that the log takes: %s', async (task, metrics) => {
    const { rollout } = definitionWith();
    const guards = metrics.map((metric) => ({ metric, worseBy: 1, minRows: 1 }));
    const definition = definitionWith({ model: { task, threshold: 0.5 }, rollout: { ...rollout!, guards } });
    const log = await MonitoredLog.create(definition);
    try {
      const row = { event_id: 'e', event_time: START, score: 3, decision: '1', class_scores: [0.25, 0.75] };
      await log.insert('predictions', [{ ...row, model_version: '1' }]);
      await log.insert('shadow_predictions', [{ ...row, model_version: '2', score: 5, decision: '0' }]);
      await log.insert('outcomes_latest', [{ ...row, label: 1 }]);
      const input = { rollout: ROLLOUT, clock: CLOCK, labelsClock: null, labelDelayMs: null, calibrations: {} };
      const sums: Record<string, number> = {};
      for (const query of guardQueries({ ...input, pipeline: definition })) {
        sums[query.metric] = toGuardReading(query, await log.select(query.sql)).difference.sum;
      }
      expect(sums).toMatchObject(
        task === 'regression'
          ? { absolute_error: 2, squared_error: 12, divergence: 2 }
          : { accuracy: 1, log_loss: 0, estimated_accuracy: 0, divergence: 2 },
      );
    } finally {
      await log.drop();
    }
  });
});
