import fc from 'fast-check';
import type { AlertRecord, LogCut, MonitorDefinition, MonitorTick, PipelineDefinition } from '#contracts';
import { judgeFigure } from '../measurement.js';
import type { CompiledMonitor, QueryRow, Window } from '../monitor.js';
import { adopt, NOTHING_EVALUATED, toEngineState, type EngineState } from './engine-state.js';
import { evaluateDue, type Evaluated } from './evaluate-due.js';
import type { EnginePorts, EngineQuery, QueryAnswer } from './ports.js';
import { scheduleOf } from './schedule.js';
import { simulate } from './simulate.js';
import { TickHistory } from './tick-history.js';

/** An event in the log: its place among those of its partition is its offset. */
interface Logged {
  readonly at: number;
  readonly partition: number;
  readonly offset: number;
}

const PARTITIONS = 2;
const MOST_MS = 2_000;

/** Counts the rows of its window, or of as long a one further back; remembers how many it has counted in all. */
function countingMonitor(
  name: string,
  { everyMs, windowMs, above, delayMs = 0 }: { everyMs: number; windowMs: number; above: number; delayMs?: number },
): CompiledMonitor {
  const definition = {
    name,
    kind: 'anomalies',
    everyMs,
    windowMs,
    minRows: 1,
    fireAfter: 2,
    resolveAfter: 1,
    hysteresis: 0,
    rules: [{ metric: 'count', above }],
    delayMs,
  } as unknown as MonitorDefinition;
  return {
    definition,
    clock: 'events',
    query: ({ window: { startMs, endMs }, cut }, memory) =>
      JSON.stringify({ startMs: startMs - delayMs, endMs: endMs - delayMs, cut, memory: memory ?? 0 }),
    judge: ([row], _context, memory) => {
      const value = Number(row!['count']);
      const counted = ((memory ?? 0) as number) + value;
      const figures = [
        { metric: 'count', value, rows: value },
        { metric: 'counted', value: counted, rows: value },
      ];
      return {
        measurements: figures.map((figure) => judgeFigure(figure, definition, { severity: 'warning' })),
        memory: counted,
      };
    },
    evidenceQuery: () => null,
  };
}

const MONITORS = [
  countingMonitor('quick', { everyMs: 100, windowMs: 200, above: 3 }),
  countingMonitor('slow', { everyMs: 300, windowMs: 250, above: 5 }),
  countingMonitor('waiting', { everyMs: 200, windowMs: 200, above: 2, delayMs: 130 }),
];
const DEFINITION = {
  name: 'tides',
  event: { schema: { fields: [] }, id: 'id', key: 'key', time: 'at' },
  features: [],
  monitoring: { graceMs: 20, monitors: MONITORS.map(({ definition }) => definition) },
} as unknown as PipelineDefinition;
const PIPELINE = { definition: DEFINITION, revision: 1, monitors: MONITORS };

/** Answers the engine's own queries as ClickHouse would: read off their text. */
function answerOf(events: readonly Logged[], { purpose, sql }: EngineQuery): QueryAnswer {
  const instants = [...sql.matchAll(/fromUnixTimestamp64Milli\((-?\d+)/g)].map(([, ms]) => Number(ms));
  const known = (cut: readonly number[]) => events.filter(({ partition, offset }) => offset < (cut[partition] ?? 0));
  const cut = [...sql.matchAll(/toInt64\((\d+)\)/g)].map(([, offset]) => Number(offset));
  let rows: readonly QueryRow[];
  if (purpose === 'steps') {
    const [from, to] = instants.length === 1 ? [-Infinity, instants[0]!] : [instants[0]!, instants[1]!];
    const [, delayMs, everyMs] = /\+ (\d+)\) \/ (\d+)\)/.exec(sql)!.map(Number) as [number, number, number];
    const [, order, limit] = /(ASC|DESC) LIMIT (\d+)/.exec(sql)!;
    const steps = known(cut).filter(({ at }) => at >= from && at < to);
    const ends = [...new Set(steps.map(({ at }) => (Math.floor((at + delayMs) / everyMs) + 1) * everyMs))].sort(
      (a, b) => a - b,
    );
    if (order === 'DESC') ends.reverse();
    rows = ends.slice(0, Number(limit)).map((end_ms) => ({ end_ms: String(end_ms) }));
  } else if (purpose === 'window') {
    const [step, , start, end] = instants as [number, number, number, number];
    const inside = known(cut).filter(({ at }) => at >= start && at < end);
    rows = [{ step_rows: inside.filter(({ at }) => at >= step).length, version: '1' }];
  } else {
    const { startMs, endMs, cut: own } = JSON.parse(sql) as Window & { readonly cut: LogCut };
    const count = known(own.predictions).filter(({ at }) => at >= startMs && at < endMs).length;
    rows = [{ count }];
  }
  return { ok: true, rows, durationMs: 1 };
}

function portsOf(events: readonly Logged[], history: TickHistory): EnginePorts {
  return {
    query: (query) => Promise.resolve(answerOf(events, query)),
    ticks: history,
    referenceOf: () => undefined,
    nowMs: () => 0,
  };
}

/** Events as they came to the log, and the ticks at which somebody looked. */
const RECORDED = fc
  .array(fc.record({ at: fc.nat(MOST_MS), partition: fc.nat(PARTITIONS - 1), tickAfter: fc.boolean() }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((arrivals) => {
    // Roughly in order, as streams are, and now and then late.
    const sorted = arrivals.toSorted((a, b) => a.at + (a.at % 7) * 40 - b.at - (b.at % 7) * 40);
    const offsets = Array.from({ length: PARTITIONS }, () => 0);
    const events: Logged[] = [];
    const ticks: MonitorTick[] = [];
    let clock = -Infinity;
    for (const [index, { at, partition, tickAfter }] of sorted.entries()) {
      events.push({ at, partition, offset: offsets[partition]! });
      offsets[partition]!++;
      clock = Math.max(clock, at);
      if (!tickAfter && index < sorted.length - 1) continue;
      const cut = { predictions: [...offsets], outcomes: [], quarantine: [] };
      ticks.push({ tick: ticks.length + 1, eventsClock: clock, labelsClock: null, cut, tickedAt: 0 });
    }
    return { events, ticks };
  });

interface Run {
  readonly figures: readonly unknown[];
  readonly alerts: readonly AlertRecord[];
}

function runOf(evaluated: readonly Evaluated[], alerts: readonly AlertRecord[]): Run {
  const figures = evaluated
    .flatMap(({ results }) => results.map((result) => ({ ...result, evaluatedAt: 0 })))
    // Monitors are independent of one another; what is due at once comes in the order of window ends.
    .toSorted((a, b) => (a.monitor < b.monitor ? -1 : a.monitor > b.monitor ? 1 : 0));
  return { figures, alerts: alerts.toSorted((a, b) => (a.monitor < b.monitor ? -1 : a.monitor > b.monitor ? 1 : 0)) };
}

/** Evaluates at those ticks that are looked at, some windows at a time; the state is written down and read after each. */
async function live(
  { events, ticks }: { readonly events: readonly Logged[]; readonly ticks: readonly MonitorTick[] },
  looked: readonly boolean[],
  windows: number,
): Promise<Run> {
  let history = new TickHistory(() => Promise.resolve(null));
  let state: EngineState = adopt(NOTHING_EVALUATED, PIPELINE, null, 0).state;
  const evaluated: Evaluated[] = [];
  const alerts: AlertRecord[] = [];
  for (const [index, tick] of ticks.entries()) {
    history.add(tick);
    if (looked[index % looked.length] === false && index < ticks.length - 1) continue;
    // What is in the log by then.
    const there = events.filter(({ partition, offset }) => offset < tick.cut.predictions[partition]!);
    for (let more = true; more;) {
      const round = await evaluateDue(portsOf(there, history), PIPELINE, state, tick, { windows, concurrency: 2 });
      evaluated.push(...round.evaluated);
      alerts.push(...round.alerts);
      more = round.more;
      state = toEngineState(JSON.parse(JSON.stringify(round.state)));
    }
    // Whoever takes over reads the ticks anew.
    history = new TickHistory(() => Promise.resolve(null));
    for (const earlier of ticks.slice(0, index + 1)) history.add(earlier);
  }
  return runOf(evaluated, alerts);
}

async function simulated({
  events,
  ticks,
}: {
  readonly events: readonly Logged[];
  readonly ticks: readonly MonitorTick[];
}): Promise<readonly AlertRecord[]> {
  const history = new TickHistory(() => Promise.resolve(null));
  for (const tick of ticks) history.add(tick);
  const options = { fromMs: -Infinity, toMs: Infinity, warmUpMs: null, concurrency: 2 };
  const alerts: AlertRecord[] = [];
  for await (const step of simulate(portsOf(events, history), PIPELINE, ticks.at(-1)!, options)) {
    alerts.push(...step.alerts);
  }
  return runOf([], alerts).alerts;
}

describe('what is due', () => {
  it('gives the same whenever it is evaluated: at each tick, after an outage, a window at a time, or by a simulation', async () => {
    await fc.assert(
      fc.asyncProperty(
        RECORDED,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        async (recorded, looked, windows) => {
          const always = await live(recorded, [true], 1_000);
          expect(await live(recorded, looked, windows)).toEqual(always);
          expect(await simulated(recorded)).toEqual(always.alerts);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is each window once, in order, and only where an event fell into its last step', async () => {
    await fc.assert(
      fc.asyncProperty(RECORDED, async (recorded) => {
        const { figures } = await live(recorded, [true], 1_000);
        for (const { definition } of MONITORS) {
          const { everyMs, delayMs } = scheduleOf(definition, { graceMs: 0 });
          const ends = (figures as { monitor: string; metric: string; windowEnd: number }[])
            .filter(({ monitor, metric }) => monitor === definition.name && metric === 'count')
            .map(({ windowEnd }) => windowEnd);
          expect(ends).toEqual([...new Set(ends)].sort((a, b) => a - b));
          for (const end of ends) {
            const stepEndMs = end - delayMs;
            expect(recorded.events.some(({ at }) => at >= stepEndMs - everyMs && at < stepEndMs)).toBe(true);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
