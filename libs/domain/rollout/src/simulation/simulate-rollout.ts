import type { RolloutDefinition, RolloutState } from '#contracts';
import { decideRollout } from '../decide-rollout.js';
import { PairedModelLosses, type SimulatedMetric, type SimulatedModels } from './paired-model-losses.js';

/** How one made-up rollout is looked at. */
export interface SimulatedRollout {
  readonly worseBy: Readonly<Partial<Record<SimulatedMetric, number>>>;
  readonly falseRollbackRate: number;
  /** By which a promotion has to be shown to be better; null: the step holds until the end. */
  readonly promotion: { readonly metric: SimulatedMetric; readonly falsePromotionRate: number } | null;
  readonly events: number;
  /** Events between two looks. */
  readonly lookEvery: number;
}

export interface SimulatedEnd {
  readonly end: 'rolled_back' | 'promoted' | 'open';
  /** Labelled events by then. */
  readonly events: number;
}

const EVENT_MS = 1_000;

/**
 * Rollouts of one step over the same events, decided as live ones are, at every look.
 * @param settings all with the same `events` and `lookEvery`
 * @returns by the names of the settings
 */
export function simulateRollouts<Name extends string>(
  models: SimulatedModels,
  settings: Readonly<Record<Name, SimulatedRollout>>,
  seed: number,
): Readonly<Record<Name, SimulatedEnd>> {
  const losses = new PairedModelLosses(models, seed);
  const names = Object.keys(settings) as Name[];
  const looks = names.map((name) => lookWith(settings[name]));
  const ends: Partial<Record<Name, SimulatedEnd>> = {};
  const { events, lookEvery } = settings[names[0]!];
  while (losses.count < events) {
    losses.addEvents(lookEvery);
    for (const [i, name] of names.entries()) {
      const end = ends[name] === undefined ? looks[i]!(losses) : undefined;
      if (end !== undefined) ends[name] = { end, events: losses.count };
    }
  }
  const open = (name: Name): SimulatedEnd => ends[name] ?? { end: 'open', events: losses.count };
  return Object.fromEntries(names.map((name) => [name, open(name)])) as Record<Name, SimulatedEnd>;
}

function lookWith(settings: SimulatedRollout): (losses: PairedModelLosses) => SimulatedEnd['end'] | undefined {
  const metrics = Object.keys(settings.worseBy) as SimulatedMetric[];
  const { promotion } = settings;
  const definition: RolloutDefinition = {
    steps: [{ kind: 'shadow', holdMs: promotion === null ? settings.events * EVENT_MS + 1 : 1 }],
    guards: metrics.map((metric) => ({ metric, worseBy: settings.worseBy[metric]!, minRows: settings.lookEvery })),
    falseRollbackRate: settings.falseRollbackRate,
    falsePromotionRate: promotion?.falsePromotionRate ?? null,
    minLabelled: 1,
    watchMs: 0,
    deadlineMs: Infinity,
  };
  const pipeline = { rollout: definition, model: { task: 'binary-classification', threshold: 0.5 } } as const;
  return (losses) => {
    const { count } = losses;
    const clock = count * EVENT_MS;
    const [decision] = decideRollout({
      pipeline,
      // Told just now, so that nothing is told between.
      rollout: { ...ROLLOUT, steps: definition.steps, lookedAt: clock },
      clock,
      labelsClock: clock,
      readings: losses.readings(metrics, promotion?.metric ?? null),
      progress: { events: count, compared: count, labelled: count, labelDelayMs: 0 },
    });
    const kind = decision?.change.kind;
    return kind === 'rolled_back' || kind === 'promoted' ? kind : undefined;
  };
}

const ROLLOUT: RolloutState = {
  id: 'rollout-1',
  version: '2',
  against: '1',
  steps: [],
  step: 0,
  phase: 'shadow',
  paused: false,
  salt: 'rollout-1',
  startedAt: 0,
  stepStartedAt: 0,
  looks: 0,
  lookedAt: null,
  startedBy: 'simulation',
  reason: 'simulation',
};
