import { DURABLE_STEPS, type DurableStep } from '#platform/kafka';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './run-eddyline.js';

/**
 * The transport's durable steps, and two of an insert's own: the request is with the kernel and nothing is answered;
 * the answer has come and nobody was told.
 */
export type FaultStep = DurableStep | 'insert_sent' | 'insert_answered' | MonitorStep | LoopStep;

/** What the monitors of a pipeline pass through; the place is the pipeline's topic of predictions. */
export type MonitorStep =
  'monitors_fenced' | 'tick_written' | 'windows_evaluated' | 'results_written' | 'alerts_published';

/** What the loop of a pipeline passes through; the place ends in `/<pipeline>/<phase, or kind of the first change>`. */
export type LoopStep = 'loop_fenced' | 'phase_begun' | 'phase_done' | 'decided' | 'committed';

/** What the process does to itself: end without a word, stand still until it is woken from outside, or go on. */
export type FaultSignal = 'SIGKILL' | 'SIGSTOP' | 'none';

export interface FaultPoint {
  readonly step: FaultStep | 'every';
  /** At which arrival at the step, of all partitions together, from 1. */
  readonly arrival: number;
  readonly signal: FaultSignal;
  /** File to which the process appends a `FaultHit` before the signal. */
  readonly report: string;
  /** Only steps on topics that end so count, e.g. `.predictions`. */
  readonly topicSuffix?: string;
  /** Only while no range of another partition is being written, which would stand still halfway too. */
  readonly alone?: true;
}

/** What a process says of itself immediately before its end. */
export interface FaultHit {
  readonly pid: number;
  readonly step: FaultStep;
  readonly arrival: number;
  readonly signal: FaultSignal;
  /** `<topic>/<partition>`; of an insert too, whose token says it. */
  readonly where: string;
}

/** Steps that a service passes through, in their order. */
export const STEPS_OF = {
  validation: DURABLE_STEPS.slice(0, DURABLE_STEPS.indexOf('intent_committed')),
  inference: DURABLE_STEPS.slice(0, DURABLE_STEPS.indexOf('intent_committed')),
  feedback: DURABLE_STEPS.slice(0, DURABLE_STEPS.indexOf('intent_committed')),
  explanation: DURABLE_STEPS.slice(0, DURABLE_STEPS.indexOf('intent_committed')),
  monitoring: [
    'fenced',
    'position_read',
    'intent_committed',
    'insert_sent',
    'insert_answered',
    'written',
    'range_committed',
  ],
} as const satisfies Record<string, readonly FaultStep[]>;

/** Flags for Node that put the fault point into a built service; the service knows nothing of it. */
export function faultPointFlags(point: FaultPoint): readonly string[] {
  const url = pathToFileURL(join(ROOT, 'dist/e2e/support/fault-point.preload.js'));
  for (const [name, value] of Object.entries(point)) url.searchParams.set(name, String(value));
  return ['--import', url.href];
}

/** Flags for Node that make a service write down every step that it comes to, and do nothing else. */
export function logFlags(report: string): readonly string[] {
  return faultPointFlags({ step: 'every', arrival: 0, signal: 'none', report });
}

/** Every hit so far, in order. */
export function readHits(report: string): readonly FaultHit[] {
  if (!existsSync(report)) return [];
  const lines = readFileSync(report, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as FaultHit);
}
