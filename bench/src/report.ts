import type { Latency } from './latency.js';
import type { System } from './measured-process.js';
import type { Throughput } from './throughput.js';

export interface SystemSummary {
  readonly cpuMicrosPerEvent: number;
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Summary {
  /** Medians over the rounds. */
  readonly systems: Readonly<Record<System, SystemSummary>>;
  /** Eddyline's stage over the bare loop. */
  readonly ratios: { readonly cpu: number; readonly eventsPerSecond: number; readonly p99: number };
}

export function summarise(throughputs: readonly Throughput[], latencies: readonly Latency[]): Summary {
  const of = (system: System): SystemSummary => {
    const rounds = throughputs.filter((round) => round.system === system);
    const latency = latencies.find((one) => one.system === system);
    return {
      cpuMicrosPerEvent: median(rounds.map(({ cpuMicrosPerEvent }) => cpuMicrosPerEvent)),
      eventsPerSecond: median(rounds.map(({ eventsPerSecond }) => eventsPerSecond)),
      p50Ms: latency?.p50Ms ?? NaN,
      p99Ms: latency?.p99Ms ?? NaN,
    };
  };
  const bare = of('bare-loop');
  const stage = of('eddyline-stage');
  return {
    systems: { 'bare-loop': bare, 'eddyline-stage': stage },
    ratios: {
      cpu: stage.cpuMicrosPerEvent / bare.cpuMicrosPerEvent,
      eventsPerSecond: stage.eventsPerSecond / bare.eventsPerSecond,
      p99: stage.p99Ms / bare.p99Ms,
    },
  };
}

export function formatReport(
  { systems, ratios }: Summary,
  { events, cores, rate }: { events: number; cores: number; rate: number },
): string {
  const row = (name: string, cells: readonly string[]): string => `| ${name} | ${cells.join(' | ')} |\n`;
  const line = (system: System): string => {
    const { cpuMicrosPerEvent, eventsPerSecond, p50Ms, p99Ms } = systems[system];
    return row(system, [
      cpuMicrosPerEvent.toFixed(1),
      Math.round(eventsPerSecond).toString(),
      p50Ms.toString(),
      p99Ms.toString(),
    ]);
  };
  return (
    `\n${events} events on ${cores} cores, latency at ${rate} events/s\n\n` +
    row('system', ['CPU µs/event', 'events/s', 'p50 ms', 'p99 ms']) +
    row('---', ['---:', '---:', '---:', '---:']) +
    line('bare-loop') +
    line('eddyline-stage') +
    row('ratio', [ratios.cpu.toFixed(2), ratios.eventsPerSecond.toFixed(2), '', ratios.p99.toFixed(2)])
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
