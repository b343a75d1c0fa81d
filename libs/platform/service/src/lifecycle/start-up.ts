import { setTimeout as sleep } from 'node:timers/promises';
import { Retriable } from '#platform/outcomes';
import type { Log } from '#platform/telemetry';

/** Something that must have succeeded before the service takes up its work. */
export interface StartUpStep {
  /** What is waited for, as health and log name it, e.g. `ClickHouse`. */
  readonly name: string;
  /** Thrown weather (Retriable, a connection error of Kafka) is waited out; anything else ends the process. */
  run(signal: AbortSignal): Promise<void>;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/** The steps to readiness, in the order in which they were added. Add yours in a constructor or `onModuleInit`. */
export class StartUp {
  private readonly steps: StartUpStep[] = [];
  private waiting: string | null = 'starting';

  add(step: StartUpStep): void {
    this.steps.push(step);
  }

  /** For the health registry. */
  readonly check = (): readonly string[] => (this.waiting === null ? [] : [this.waiting]);

  /** Runs `first`, what was added, `last`; each step is tried again, with back-off, while what it needs is away. */
  async run(first: readonly StartUpStep[], last: readonly StartUpStep[], log: Log, signal: AbortSignal): Promise<void> {
    for (const step of [...first, ...this.steps, ...last]) {
      this.waiting = `waiting for ${step.name}`;
      await this.runStep(step, log, signal);
      log.debug({}, `${step.name}: there`);
    }
    this.waiting = null;
  }

  private async runStep(step: StartUpStep, log: Log, signal: AbortSignal): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    for (;;) {
      signal.throwIfAborted();
      try {
        return await step.run(signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!isWeather(error)) throw error;
        const reason = (error as Error).message;
        this.waiting = `waiting for ${step.name}: ${reason}`;
        log.warn({ waitMs }, this.waiting);
        await sleep(waitMs, undefined, { signal });
        waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      }
    }
  }
}

/** Whether waiting may help. kafkajs marks its own errors; a refused password or protocol is not weather. */
export function isWeather(error: unknown): boolean {
  if (error instanceof Retriable) return true;
  if (!(error instanceof Error)) return false;
  if (/SASL|NotImplemented|Unsupported/.test(error.name)) return false;
  const cause: unknown = error.cause;
  if (error.name === 'KafkaJSNumberOfRetriesExceeded' || error.name === 'KafkaJSNonRetriableError') {
    return cause === undefined ? true : isWeather(cause);
  }
  return error.name.startsWith('KafkaJS') && (error as { retriable?: boolean }).retriable !== false;
}
