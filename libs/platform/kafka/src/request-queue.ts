import RequestQueueImplementation from 'kafkajs/src/network/requestQueue/index.js';

/** What of a connection's queue matters here. */
interface RequestQueue {
  /** Requests that could not be sent at once: too many are under way, or the broker has asked for a pause. */
  readonly pending: readonly unknown[];
  /** Milliseconds since the epoch; -1 where the broker never asked. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

/** A pause that has just ended by one clock reading may have lasted a moment longer by the one before. */
const AT_LEAST_MS = 10;

/**
 * Has a queue looked at again only while something waits in it. kafkajs looks at each connection's queue every millisecond
 * as long as it is open, which costs an idle service with its dozen connections some hundredths of a processor
 * (tulios/kafkajs#1556, #1704), and makes Node 24 warn of a negative delay (#1751).
 */
function lookOnlyWhileSomethingWaits(queue: RequestQueue): void {
  queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const check = (): void => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    };
    this.throttleCheckTimeoutId = setTimeout(check, Math.max(AT_LEAST_MS, this.throttledUntil - Date.now()));
  };
}

lookOnlyWhileSomethingWaits((RequestQueueImplementation as unknown as { readonly prototype: RequestQueue }).prototype);
