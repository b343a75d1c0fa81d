import type { MonitorDefinition, MonitorTick } from '#contracts';
import type { MonitorClock, Window } from '../monitor.js';

/** When a monitor's windows end, and how far the clock must have passed an end before it is evaluated. Event time, ms. */
export interface Schedule {
  readonly everyMs: number;
  readonly windowMs: number;
  /** What partitions may trail one another. */
  readonly lagMs: number;
  /** How far back the rows lie that the monitor looks at, so that their labels have come: it moves its windows itself. */
  readonly delayMs: number;
}

/** Half-open at the beginning: window ends in (fromMs, toMs]. Both are multiples of the schedule's step. */
export interface EndRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export function scheduleOf(monitor: MonitorDefinition, { graceMs }: { readonly graceMs: number }): Schedule {
  const delayMs = 'delayMs' in monitor ? monitor.delayMs : 0;
  return { everyMs: monitor.everyMs, windowMs: monitor.windowMs, lagMs: graceMs, delayMs };
}

export function windowEnding(endMs: number, { windowMs }: Pick<Schedule, 'windowMs'>): Window {
  return { startMs: endMs - windowMs, endMs };
}

/** What the clock has to show for a window that ends then to be due. */
export function dueAt(endMs: number, { lagMs }: Pick<Schedule, 'lagMs'>): number {
  return endMs + lagMs;
}

/** The last end that is due at a time; multiples of the step, also before 1970. */
export function lastDueEnd(clockMs: number, { everyMs, lagMs }: Pick<Schedule, 'everyMs' | 'lagMs'>): number {
  return Math.floor((clockMs - lagMs) / everyMs) * everyMs;
}

/** Ends that have become due since `lastEndMs`; undefined: none. */
export function dueEnds(schedule: Schedule, lastEndMs: number, clockMs: number): EndRange | undefined {
  const toMs = lastDueEnd(clockMs, schedule);
  return toMs > lastEndMs ? { fromMs: lastEndMs, toMs } : undefined;
}

export function clockOf(tick: MonitorTick, clock: MonitorClock): number | null {
  return clock === 'events' ? tick.eventsClock : tick.labelsClock;
}
