import { setTimeout as delay } from 'node:timers/promises';
import type { HalfHour } from './half-hours.js';

const EVENTS_PER_BODY = 50;
const BURST_EVERY_MS = 1_000;

export interface PressureCounts {
  readonly requests: number;
  /** Refused with 429. */
  readonly shed: number;
  /** Refused with 429 and without a usable `Retry-After`. */
  readonly withoutRetryAfter: number;
  /** Events that were answered with 202; their numbers are 0 up to here. */
  readonly accepted: number;
}

/**
 * Senders that all post NDJSON at the same instant, once a second. A body that was refused is sent again
 * until it is taken; so in the end the events 0, 1, 2, … were all accepted.
 */
export class HttpPressure {
  private requests = 0;
  private shed = 0;
  private withoutRetryAfter = 0;
  private bodies = 0;
  private accepted = 0;

  constructor(
    private readonly url: string,
    private readonly event: (n: number) => HalfHour,
  ) {}

  /** Goes on until the signal, and then until each body that was begun is accepted. @throws Error for any other answer */
  async run(senders: number, signal: AbortSignal): Promise<void> {
    const started = performance.now();
    await Promise.all(Array.from({ length: senders }, () => this.send(started, signal)));
  }

  get counts(): PressureCounts {
    const { requests, shed, withoutRetryAfter, accepted } = this;
    return { requests, shed, withoutRetryAfter, accepted };
  }

  private async send(started: number, signal: AbortSignal): Promise<void> {
    let first: number | undefined;
    while (first !== undefined || !signal.aborted) {
      await delay(BURST_EVERY_MS - ((performance.now() - started) % BURST_EVERY_MS));
      first ??= this.bodies++ * EVENTS_PER_BODY;
      if (await this.post(this.bodyFrom(first))) first = undefined;
    }
  }

  private bodyFrom(first: number): string {
    return Array.from({ length: EVENTS_PER_BODY }, (_, index) => JSON.stringify(this.event(first + index))).join('\n');
  }

  /** @returns whether all its events were accepted */
  private async post(body: string): Promise<boolean> {
    this.requests++;
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    });
    const answer = await response.text();
    if (response.status === 202) {
      this.accepted += EVENTS_PER_BODY;
      return true;
    }
    if (response.status !== 429) throw new Error(`the door answered ${response.status}: ${answer.slice(0, 500)}`);
    this.shed++;
    if (!(Number(response.headers.get('retry-after')) >= 1)) this.withoutRetryAfter++;
    return false;
  }
}
