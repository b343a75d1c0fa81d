import { setTimeout as sleep } from 'node:timers/promises';
import { Retriable } from '#platform/outcomes';
import type { AlertNotice } from './alert-notice.js';
import { postRequest, type ReceiverAnswer } from './post-request.js';
import type { ReceiverSettings } from './receiver-settings.js';
import { requestOf } from './request-of.js';

export interface DeliveryResult {
  readonly outcome: 'delivered' | 'refused' | 'unreachable';
  readonly attempts: number;
  /** Why not; empty where delivered. */
  readonly reason: string;
}

export interface LaneOptions {
  /** How long a receiver that does not answer is tried before its alerts are given up, ms. */
  readonly giveUpAfterMs: number;
  /** First wait between two attempts, ms; doubles up to a minute. Default 500. */
  readonly firstWaitMs?: number;
}

const LONGEST_WAIT_MS = 60_000;

/**
 * The way to one receiver: one alert at a time, in the order in which they were handed over.
 *
 * A receiver that does not answer is tried with growing waits until it has been away for `giveUpAfterMs`, counted from its
 * first failure, whichever alert that was of: so an outage holds its callers up for that long once, not once for every alert.
 * From then on an alert gets one attempt, at most one a minute, and is given up, until the receiver answers again.
 */
export class ReceiverLane {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private away: { readonly sinceMs: number; readonly reason: string } | null = null;
  private triedMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly settings: ReceiverSettings,
    private readonly options: LaneOptions,
  ) {}

  /** Why the receiver does not answer, and since when (wall clock, ms); null while it does. */
  get outage(): { readonly sinceMs: number; readonly reason: string } | null {
    return this.away;
  }

  /** Whether an alert is under way, or waits for its turn. */
  get busy(): boolean {
    return this.waiting > 0;
  }

  /** @throws Retriable('receiver_unreachable') when `signal` is aborted before the alert's fate is known */
  deliver(notice: AlertNotice, signal: AbortSignal): Promise<DeliveryResult> {
    return this.inTurn(() => this.insist(notice, signal));
  }

  /**
   * One attempt, for what will be sent again anyway.
   *
   * @param noticeOf asked when its turn has come; null: it is of no use any more
   */
  attempt(noticeOf: () => AlertNotice | null, signal: AbortSignal): Promise<DeliveryResult | null> {
    return this.inTurn(async () => {
      const notice = noticeOf();
      if (notice === null) return null;
      const answer = await this.post(notice, signal);
      if (answer.kind !== 'away') return settled(answer, 1);
      return { outcome: 'unreachable', attempts: 1, reason: answer.reason };
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.waiting++;
    const mine = this.last.then(work).finally(() => this.waiting--);
    this.last = mine.catch(() => undefined);
    return mine;
  }

  private async insist(notice: AlertNotice, signal: AbortSignal): Promise<DeliveryResult> {
    let waitMs = this.options.firstWaitMs ?? 500;
    for (let attempts = 1; ; attempts++) {
      if (this.isGivenUp() && Date.now() - this.triedMs < LONGEST_WAIT_MS) {
        return { outcome: 'unreachable', attempts: attempts - 1, reason: this.away?.reason ?? '' };
      }
      const answer = await this.post(notice, signal);
      if (answer.kind !== 'away') return settled(answer, attempts);
      // By chance up to half as long again, lest all that were refused together come back together.
      const nextMs = answer.retryAfterMs ?? waitMs * (1 + Math.random() / 2);
      const leftMs = (this.away?.sinceMs ?? Date.now()) + this.options.giveUpAfterMs - Date.now();
      // Who says to come later than we would wait is not asked in between.
      if (leftMs <= 0 || (answer.retryAfterMs ?? 0) > leftMs) {
        return { outcome: 'unreachable', attempts, reason: answer.reason };
      }
      await this.wait(Math.min(nextMs, leftMs), signal, answer.reason);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  }

  private async post(notice: AlertNotice, signal: AbortSignal): Promise<ReceiverAnswer> {
    this.throwIfAborted(signal, this.away?.reason ?? 'not tried yet');
    this.triedMs = Date.now();
    const request = requestOf(notice, this.settings, this.triedMs);
    let answer: ReceiverAnswer;
    try {
      answer = await postRequest(request, { timeoutMs: this.settings.timeoutMs, signal });
    } catch (error) {
      this.throwIfAborted(signal, 'no answer yet');
      throw error;
    }
    this.away = answer.kind === 'away' ? { sinceMs: this.away?.sinceMs ?? this.triedMs, reason: answer.reason } : null;
    return answer;
  }

  private isGivenUp(): boolean {
    return this.away !== null && Date.now() - this.away.sinceMs >= this.options.giveUpAfterMs;
  }

  private async wait(ms: number, signal: AbortSignal, reason: string): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => this.throwIfAborted(signal, reason));
  }

  private throwIfAborted(signal: AbortSignal, reason: string): void {
    if (!signal.aborted) return;
    throw new Retriable('receiver_unreachable', `the receiver ${this.settings.name} was still tried: ${reason}`);
  }
}

function settled(answer: Exclude<ReceiverAnswer, { kind: 'away' }>, attempts: number): DeliveryResult {
  return { outcome: answer.kind, attempts, reason: answer.kind === 'refused' ? answer.reason : '' };
}
