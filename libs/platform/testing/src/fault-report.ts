import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { faultOptions } from './faults.config.js';

/** Faults that the report sums over all suites. */
export interface FaultTotals {
  /** Processes of ours killed by SIGKILL while they worked. */
  readonly kills?: number;
  /** Generations of a consumer group that began because members came or went. */
  readonly rebalances?: number;
  readonly brokerRestarts?: number;
  readonly clickhouseOutages?: number;
}

/** What one suite did, and what an oracle that knew the answer found. */
export interface FaultRecord extends FaultTotals {
  /** Row of the table: the same name in several records sums them. */
  readonly fault: string;
  readonly title: string;
  /** How many times the fault was brought about. */
  readonly runs: number;
  readonly published: number;
  /** Ids that should have come out and did not. */
  readonly lost: number;
  /** Ids that came out more than once. */
  readonly duplicated: number;
  readonly seed: number;
  readonly seconds: number;
  /** Anything measured on the way, by name with its unit: `{ monitoringMostMemoryMiB: 212 }`. */
  readonly measured?: Readonly<Record<string, number | string>>;
}

/** Tells what a suite did, on stderr and in the report when one was asked for. Call it before the assertions that may fail. */
export function recordFault(record: FaultRecord): void {
  const { report } = faultOptions();
  if (report !== undefined) {
    const suite = relative(process.cwd(), expect.getState().testPath ?? '');
    appendFileSync(report, `${JSON.stringify({ suite, ...record })}\n`);
  }
  process.stderr.write(`${faultLine(record)}\n`);
}

export function faultLine({
  fault,
  title,
  runs,
  published,
  lost,
  duplicated,
  seed,
  seconds,
  measured,
}: FaultRecord): string {
  const found = `${runs} × ${fault} (${title}): ${published} published, ${lost} lost, ${duplicated} twice; seed ${seed}, ${Math.round(seconds)} s`;
  const extra = Object.entries(measured ?? {}).map(([name, value]) => `${name} ${value}`);
  return extra.length === 0 ? found : `${found}; ${extra.join(', ')}`;
}
