import { createInterface } from 'node:readline';

/** What a measured child process is told, as JSON in its only argument. */
export interface Task {
  readonly brokers: readonly string[];
  readonly schemaRegistryUrl: string;
  readonly eventsTopic: string;
  readonly predictionsTopic: string;
  readonly quarantineTopic: string;
  readonly eventSchemaId: number;
  readonly predictionSchemaId: number;
  /** Service name of the stage, consumer group of the bare loop. */
  readonly group: string;
  readonly modelPath: string;
}

/** User and system time of the whole process since its first batch. */
export interface Usage {
  readonly event: 'usage';
  readonly cpuMicros: number;
  readonly wallMs: number;
}

export function readTask(): Task {
  const json = process.argv[2];
  if (json === undefined) throw new Error('this is started by the benchmark, with its task as JSON');
  return JSON.parse(json) as Task;
}

/** Answers the benchmark's question for the time used since the first batch: one line on stdin, one on stdout. */
export class Meter {
  private started: { readonly cpu: NodeJS.CpuUsage; readonly wall: number } | undefined;

  constructor() {
    createInterface({ input: process.stdin })
      .on('line', () => this.report())
      .on('close', () => process.exit(0)); // the benchmark is gone, however it went
  }

  begin(): void {
    this.started ??= { cpu: process.cpuUsage(), wall: performance.now() };
  }

  private report(): void {
    const { user, system } = process.cpuUsage(this.started?.cpu);
    const wallMs = performance.now() - (this.started?.wall ?? performance.now());
    const usage: Usage = { event: 'usage', cpuMicros: user + system, wallMs };
    process.stdout.write(`${JSON.stringify(usage)}\n`);
  }
}
