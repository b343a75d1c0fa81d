import { parseArgs } from 'node:util';
import {
  PairedModelLosses,
  SIMULATED_METRICS,
  simulateRollouts,
  type SimulatedMetric,
  type SimulatedModels,
  type SimulatedRollout,
} from '#domain/rollout';
import { normalQuantile } from '#domain/statistics';

export const ROLLOUTS_HELP = `npm run bench -- rollouts [--rollouts 500] [--events 5000] [--every 50] [--rate 0.05]

How often guards are wrong, and how soon they are right: rollouts are simulated event by event and decided as live ones are, at
every look. Challengers that are as good as their champion, with bounds of next to nothing, must not be rolled back, or shown to be
better, more often than declared; challengers that are worse by twice the bound are to be rolled back soon.
`;

const EQUAL: SimulatedModels = { challengerNoise: 0.8, championNoise: 0.8, persistence: 0 };
/** By how many events errors are remembered. */
const HISTORIES: Readonly<Record<string, SimulatedModels>> = {
  independent: EQUAL,
  'lasting some 20 events': { ...EQUAL, persistence: 0.95 },
  'lasting some 50 events': { ...EQUAL, persistence: 0.98 },
};
const EDGE = 1e-9;

interface Options {
  readonly rollouts: number;
  readonly events: number;
  readonly every: number;
  readonly rate: number;
}

/** Nothing is started for it: it needs no broker and no log. */
export function benchRollouts(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      rollouts: { type: 'string', default: '500' },
      events: { type: 'string', default: '5000' },
      every: { type: 'string', default: '50' },
      rate: { type: 'string', default: '0.05' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(ROLLOUTS_HELP);
  const options: Options = {
    rollouts: Number(values.rollouts),
    events: Number(values.events),
    every: Number(values.every),
    rate: Number(values.rate),
  };
  const { rollouts, events, every, rate } = options;
  print(`${rollouts} rollouts of ${events} labelled events, looked at every ${every}; declared rates ${rate}\n`);
  print(
    '| errors | rolled back: all guards | ' +
      SIMULATED_METRICS.join(' | ') +
      ' | better: brier | better: roc_auc | z-test at every look |',
  );
  print('| --- '.repeat(SIMULATED_METRICS.length + 5) + '|');
  for (const [name, models] of Object.entries(HISTORIES))
    print(`| ${[name, ...falseRates(models, options)].join(' | ')} |`);
  print(
    '\n| worse by twice the bound in | bound | rolled back | after so many labelled events: median | of ten, nine within |',
  );
  print('| --- | --- | --- | --- | --- |');
  for (const noise of [1.2, 2]) {
    for (const metric of SIMULATED_METRICS) print(`| ${power(metric, noise, options).join(' | ')} |`);
  }
}

function falseRates(models: SimulatedModels, { rollouts, events, every, rate }: Options): readonly string[] {
  const plain = { falseRollbackRate: rate, promotion: null, events, lookEvery: every };
  const guards = Object.fromEntries(SIMULATED_METRICS.map((metric) => [metric, EDGE]));
  const settings: Record<string, SimulatedRollout> = { together: { ...plain, worseBy: guards } };
  for (const metric of SIMULATED_METRICS) settings[metric] = { ...plain, worseBy: { [metric]: EDGE } };
  for (const metric of ['brier', 'roc_auc'] as const) {
    settings[`better ${metric}`] = { ...plain, worseBy: {}, promotion: { metric, falsePromotionRate: rate } };
  }
  const names = Object.keys(settings);
  const wrong = new Map(names.map((name) => [name, 0]));
  let naive = 0;
  for (let seed = 1; seed <= rollouts; seed++) {
    const ends = simulateRollouts(models, settings, seed);
    for (const name of names) if (ends[name]?.end !== 'open') wrong.set(name, wrong.get(name)! + 1);
    if (isNaivelyRolledBack(models, seed, events, every, rate)) naive += 1;
  }
  return [...names.map((name) => wrong.get(name)!), naive].map((count) => percent(count / rollouts));
}

/** As by a test made for one look, by the Brier score alone. */
function isNaivelyRolledBack(
  models: SimulatedModels,
  seed: number,
  events: number,
  every: number,
  rate: number,
): boolean {
  const losses = new PairedModelLosses(models, seed);
  const limit = normalQuantile(1 - rate);
  while (losses.count < events) {
    losses.addEvents(every);
    const { count, sum, squares } = losses.readings(['brier'], null)[0]!.difference;
    const mean = sum / count;
    if (mean / Math.sqrt((squares / count - mean * mean) / count) > limit) return true;
  }
  return false;
}

/** The bound is half of what the challenger is worse by, which a long history tells. */
function power(metric: SimulatedMetric, noise: number, { rollouts, every, rate }: Options): readonly string[] {
  const models = { ...EQUAL, challengerNoise: noise };
  const long = new PairedModelLosses(models, 0);
  long.addEvents(200_000);
  const { sum, count } = long.readings([metric], null)[0]!.difference;
  const bound = sum / count / 2;
  // As one of four guards would have it.
  const settings = {
    one: {
      worseBy: { [metric]: bound },
      falseRollbackRate: rate / 4,
      promotion: null,
      events: 50_000,
      lookEvery: every,
    },
  };
  const some = Math.max(20, Math.round(rollouts / 5));
  const ends = Array.from({ length: some }, (_, i) => simulateRollouts(models, settings, i + 1).one);
  const sorted = ends.map((end) => (end.end === 'rolled_back' ? end.events : Infinity)).toSorted((a, b) => a - b);
  const found = ends.filter(({ end }) => end === 'rolled_back').length;
  return [
    metric,
    bound.toPrecision(2),
    percent(found / some),
    String(sorted[Math.floor(some / 2)]),
    String(sorted[Math.floor(some * 0.9)]),
  ];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
