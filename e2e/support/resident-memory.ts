import { readFileSync } from 'node:fs';
import type { ServiceName, ServiceProcesses } from './service-processes.js';

const MIB = 1 << 20;
const SAMPLE_MS = 1_000;

interface ResidentMemory {
  /** Resident now. */
  readonly bytes: number;
  /** The most that was ever resident. */
  readonly peakBytes: number;
}

/** What the kernel says of a process. @throws Error when there is no such process */
function residentMemory(pid: number): ResidentMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024;
  return { bytes: of('VmRSS'), peakBytes: of('VmHWM') };
}

/** The most memory that a process has held resident since it began, in MiB. */
export function mostMemoryMiBOf(pid: number): number {
  return Math.round(residentMemory(pid).peakBytes / MIB);
}

/** A service's memory while it was sampled, in MiB. */
export interface MemoryAccount {
  readonly peakMiB: number;
  /** Most resident memory in each of the parts that were asked for. */
  readonly mostMiB: readonly number[];
}

/** Looks at the memory of services once a second, from the start to `end`. A service that ended fails it. */
export class MemorySampler<S extends ServiceName> {
  private readonly samples = new Map<S, { readonly atMs: number; readonly bytes: number }[]>();
  private readonly timer: NodeJS.Timeout;
  private failure: Error | undefined;

  constructor(
    private readonly services: ServiceProcesses,
    private readonly names: readonly S[],
  ) {
    for (const name of names) this.samples.set(name, []);
    this.sample();
    this.timer = setInterval(() => {
      try {
        this.sample();
      } catch (error) {
        this.failure ??= error as Error;
      }
    }, SAMPLE_MS);
  }

  /** @throws Error when a service had ended meanwhile */
  end(): void {
    clearInterval(this.timer);
    if (this.failure !== undefined) throw this.failure;
    this.sample();
  }

  /** @param bounds ms of `performance.now()` between which each part lies: n bounds, n - 1 parts */
  account(name: S, bounds: readonly number[]): MemoryAccount {
    const samples = this.samples.get(name)!;
    const mostMiB = bounds.slice(1).map((to, part) => {
      const within = samples.filter(({ atMs }) => atMs >= bounds[part]! && atMs <= to);
      return Math.round(Math.max(...within.map(({ bytes }) => bytes)) / MIB);
    });
    return { peakMiB: mostMemoryMiBOf(this.services.pidOf(name)), mostMiB };
  }

  private sample(): void {
    const atMs = performance.now();
    for (const name of this.names) {
      this.samples.get(name)!.push({ atMs, bytes: residentMemory(this.services.pidOf(name)).bytes });
    }
  }
}
