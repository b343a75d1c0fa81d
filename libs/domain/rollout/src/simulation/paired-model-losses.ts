import { seededUniforms, type TermSums } from '#domain/statistics';
import type { GuardReading } from '../guards/guard-reading.js';
import { CLIP } from '../guards/guard-metric.js';

/** Two models that score the same events, whose labels come at once. */
export interface SimulatedModels {
  /** Deviation of what each adds to the log-odds of the truth. Equal: an A/A test. */
  readonly challengerNoise: number;
  readonly championNoise: number;
  /** Correlation of that with the event before, in [0, 1): a model is wrong for a while. */
  readonly persistence: number;
}

export const SIMULATED_METRICS = ['accuracy', 'brier', 'log_loss', 'roc_auc'] as const;
export type SimulatedMetric = (typeof SIMULATED_METRICS)[number];

/** As the guards' queries cut them. */
const BLOCKS = 32;
const AREA_EVENTS = 128;

/** Taken once: within a test, each reading of a global costs more than the function. */
const { exp, log, max, sqrt } = Math;

interface Loss {
  /** Running sums over events (areas: over blocks) of the difference, its square, and of either arm. */
  readonly difference: number[];
  readonly squares: number[];
  readonly challenger: number[];
  readonly champion: number[];
}

/** What the guards' queries would give, at any moment of a made-up history. */
export class PairedModelLosses {
  private readonly uniform: () => number;
  private readonly losses: Readonly<Record<SimulatedMetric, Loss>>;
  private readonly area: { scores: [number, number]; isPositive: boolean }[] = [];
  private noise: [number, number] | undefined;
  private events = 0;

  constructor(
    private readonly models: SimulatedModels,
    seed: number,
  ) {
    this.uniform = seededUniforms(seed);
    const none = (): Loss => ({ difference: [0], squares: [0], challenger: [0], champion: [0] });
    this.losses = { accuracy: none(), brier: none(), log_loss: none(), roc_auc: none() };
  }

  get count(): number {
    return this.events;
  }

  addEvents(count: number): void {
    for (let i = 0; i < count; i++) this.addEvent();
  }

  readings(metrics: readonly SimulatedMetric[], promotion: SimulatedMetric | null): readonly GuardReading[] {
    return [
      ...metrics.map((metric) => this.reading(metric, 'guard')),
      ...(promotion === null ? [] : [this.reading(promotion, 'promotion')]),
    ];
  }

  private addEvent(): void {
    const truth = 1.5 * this.logit();
    const isPositive = this.uniform() < logistic(truth);
    const [a, b] = this.nextNoise();
    const challenger = logistic(truth + this.models.challengerNoise * a);
    const champion = logistic(truth + this.models.championNoise * b);
    const label = isPositive ? 1 : 0;
    const wrong = (score: number): number => (score >= 0.5 === isPositive ? 0 : 1);
    const logLoss = (score: number): number => -log(max(CLIP, isPositive ? score : 1 - score));
    this.events += 1;
    add(this.losses.accuracy, wrong(challenger), wrong(champion));
    add(this.losses.brier, (challenger - label) ** 2, (champion - label) ** 2);
    add(this.losses.log_loss, logLoss(challenger), logLoss(champion));
    this.area.push({ scores: [challenger, champion], isPositive });
    if (this.area.length < AREA_EVENTS) return;
    const block = this.area.splice(0);
    add(this.losses.roc_auc, 1 - areaOf(block, 0), 1 - areaOf(block, 1));
  }

  private nextNoise(): readonly [number, number] {
    const { persistence } = this.models;
    const fresh = [this.logit(), this.logit()] as [number, number];
    const innovation = sqrt(1 - persistence * persistence);
    this.noise =
      this.noise === undefined
        ? fresh
        : [persistence * this.noise[0] + innovation * fresh[0], persistence * this.noise[1] + innovation * fresh[1]];
    return this.noise;
  }

  private reading(metric: SimulatedMetric, purpose: GuardReading['purpose']): GuardReading {
    const loss = this.losses[metric];
    const count = loss.difference.length - 1;
    const mean = (sums: readonly number[]): number | null => (count === 0 ? null : sums[count]! / count);
    const blocks = metric === 'roc_auc' ? [] : blocksOf(loss.difference, count);
    const difference: TermSums = { count, sum: loss.difference[count]!, squares: loss.squares[count]!, blocks };
    return {
      metric,
      purpose,
      sql: '',
      events: metric === 'roc_auc' ? count * AREA_EVENTS : count,
      difference,
      own: { count, sum: loss.challenger[count]!, squares: 0, blocks: [] },
      challenger: mean(loss.challenger),
      champion: mean(loss.champion),
    };
  }

  /** Logistic, of mean 0 and variance 1. */
  private logit(): number {
    const u = this.uniform();
    return log(u / (1 - u)) * 0.5513288954217921;
  }
}

function add(loss: Loss, challenger: number, champion: number): void {
  const last = loss.difference.length - 1;
  const difference = challenger - champion;
  loss.difference.push(loss.difference[last]! + difference);
  loss.squares.push(loss.squares[last]! + difference * difference);
  loss.challenger.push(loss.challenger[last]! + challenger);
  loss.champion.push(loss.champion[last]! + champion);
}

function blocksOf(sums: readonly number[], count: number): TermSums['blocks'] {
  return Array.from({ length: BLOCKS }, (_, block) => {
    const from = Math.ceil((block * count) / BLOCKS);
    const to = Math.ceil(((block + 1) * count) / BLOCKS);
    return { count: to - from, sum: sums[to]! - sums[from]! };
  });
}

/** Share of the pairs of a positive and a negative that are in the right order. Scores of two events are never equal here. */
function areaOf(events: readonly { scores: [number, number]; isPositive: boolean }[], arm: 0 | 1): number {
  const sorted = events.toSorted((a, b) => a.scores[arm] - b.scores[arm]);
  let negatives = 0;
  let ordered = 0;
  for (const { isPositive } of sorted) {
    if (isPositive) ordered += negatives;
    else negatives += 1;
  }
  return ordered / (negatives * (events.length - negatives));
}

function logistic(x: number): number {
  return 1 / (1 + exp(-x));
}
