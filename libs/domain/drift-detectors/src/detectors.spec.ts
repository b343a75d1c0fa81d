import { readFileSync } from 'node:fs';
import { adwin, pageHinkley, type AdwinState, type Change, type Detector } from './index.js';

interface Run {
  readonly kind: 'adwin' | 'page_hinkley';
  readonly options: never;
  readonly changes: readonly number[];
  readonly width?: number;
  readonly total?: number;
  readonly variance?: number;
}

const golden = JSON.parse(readFileSync(new URL('../fixtures/river.golden.json', import.meta.url), 'utf8')) as {
  readonly streams: readonly {
    readonly name: string;
    readonly values: string | readonly number[];
    readonly runs: readonly Run[];
  }[];
};
const runs = golden.streams.flatMap(({ name, values, runs: all }) =>
  all.map((run) => ({
    title: `${name}, ${run.kind} ${JSON.stringify(run.options)}`,
    values: Array.from(values, Number),
    run,
  })),
);

function fold<State, Options>(detector: Detector<State, Options>, values: readonly number[], options: Options) {
  let state = detector.initial;
  const changes: (Change & { readonly at: number })[] = [];
  for (const [at, value] of values.entries()) {
    const step = detector.step(state, value, options);
    state = step.state;
    if (step.change) changes.push({ at, ...step.change });
  }
  return { state, changes };
}
const detectorOf = (kind: Run['kind']) => (kind === 'adwin' ? adwin : pageHinkley) as Detector<unknown, unknown>;
const stream = (...segments: readonly (readonly [values: number, mean: number])[]) =>
  // Evenly spread ones: no chance in it.
  segments.flatMap(([values, mean]) => Array.from({ length: values }, (_, i) => Math.floor((i + 1) * mean) - Math.floor(i * mean))); // prettier-ignore

describe('detectors', () => {
  it.each(runs.map((one) => [one.title, one] as const))("find River's changes: %s", (_, { values, run }) => {
    const { changes, state } = fold(detectorOf(run.kind), values, run.options);
    expect(changes.map(({ at }) => at)).toEqual(run.changes);
    if (run.kind === 'adwin') {
      const { width, total, variance } = state as AdwinState;
      expect(width).toBe(run.width);
      // The same sums in the same order: equal to the last bit.
      expect(total).toBe(run.total);
      expect(variance).toBe(run.variance);
    }
  });

  it.each(['adwin', 'page_hinkley'] as const)('%s goes on from its state as JSON', (kind) => {
    const { values, run } = runs.find((one) => one.run.kind === kind && one.run.changes.length > 1)!;
    const detector = detectorOf(kind);
    let state = detector.initial;
    const changes: number[] = [];
    for (const [at, value] of values.entries()) {
      const step = detector.step(JSON.parse(JSON.stringify(state)), value, run.options);
      state = step.state;
      if (step.change) changes.push(at);
    }
    expect(changes).toEqual(run.changes);
  });

  it.each(['adwin', 'page_hinkley'] as const)('%s leaves the state that it is given as it is', (kind) => {
    const { values, run } = runs.find((one) => one.run.kind === kind && one.run.changes.length > 0)!;
    const detector = detectorOf(kind);
    let state = detector.initial;
    for (const value of values.slice(0, run.changes[0]! + 2)) {
      const before = JSON.stringify(state);
      const { state: next } = detector.step(state, value, run.options);
      expect(JSON.stringify(state)).toBe(before);
      state = next;
    }
  });
});

describe('adwin', () => {
  it('tells the means before and after, and since when', () => {
    const { changes } = fold(adwin, stream([2000, 0.1], [500, 0.5]), { delta: 0.002 });
    expect(changes).toHaveLength(1);
    expect(changes[0]!.before).toBeCloseTo(0.1, 2);
    expect(changes[0]!.after).toBeGreaterThan(0.3);
    expect(changes[0]!.at - changes[0]!.values).toBeGreaterThan(1900);
  });

  it('stays small: two million values are less than 5 kB of JSON', () => {
    let state: AdwinState = adwin.initial;
    for (let i = 0; i < 2_000_000; i++) state = adwin.step(state, i % 10 === 0 ? 1 : 0, { delta: 1e-5 }).state;
    expect(state.width).toBe(2_000_000);
    expect(JSON.stringify(state).length).toBeLessThan(5_000);
  });
});

describe('pageHinkley', () => {
  const options = { minInstances: 30, delta: 0.005, threshold: 50, alpha: 0.9999 };

  it('tells the means before and after, and since when', () => {
    const { changes } = fold(pageHinkley, stream([2000, 0.1], [500, 0.5]), options);
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ before: expect.closeTo(0.1, 2), after: expect.closeTo(0.5, 1) });
    expect(changes[0]!.at - changes[0]!.values).toBeGreaterThan(1900);
  });

  it('finds a fall too', () => {
    const { changes } = fold(pageHinkley, stream([2000, 0.5], [800, 0.1]), options);
    expect(changes[0]!.after).toBeLessThan(changes[0]!.before);
  });
});
