import { jest } from '@jest/globals';
import RequestQueueImplementation from 'kafkajs/src/network/requestQueue/index.js';
import './request-queue.js';

interface Queue {
  push(request: object): void;
  fulfillRequest(response: { correlationId: number; payload: null; size: number }): void;
  maybeThrottle(ms: number): void;
  destroy(): void;
}

const Queue = RequestQueueImplementation as unknown as new (options: object) => Queue;
const debug = (): void => undefined;

let queue: Queue;
let sent: number[];

function open(maxInFlightRequests: number | null = null): void {
  sent = [];
  queue = new Queue({
    maxInFlightRequests,
    requestTimeout: 30_000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'b:1',
    logger: { debug, warn: debug },
  });
}

const push = (correlationId: number): void =>
  queue.push({
    entry: { correlationId, resolve: debug, reject: debug },
    expectResponse: true,
    sendRequest: () => sent.push(correlationId),
  });
const answer = (correlationId: number): void => queue.fulfillRequest({ correlationId, payload: null, size: 0 });

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  queue.destroy();
  jest.useRealTimers();
});

describe("a connection's queue", () => {
  it('has no timer while nothing waits in it', () => {
    open();
    push(1);
    answer(1);
    expect(sent).toEqual([1]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('sends what waits when the pause is over that the broker asked for', () => {
    open();
    queue.maybeThrottle(500);
    push(1);
    push(2);
    jest.advanceTimersByTime(499);
    expect(sent).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(sent).toEqual([1, 2]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('sends what waits when a pause ends between two looks at the clock', () => {
    open();
    queue.maybeThrottle(1);
    const now = jest.spyOn(Date, 'now').mockReturnValue(1_000_001);
    for (const _ of ['made', 'judged']) now.mockReturnValueOnce(1_000_000);
    push(1);
    expect(sent).toEqual([]);
    now.mockRestore();
    jest.advanceTimersByTime(10);
    expect(sent).toEqual([1]);
  });

  it('sends what waits when there is room among the requests under way', () => {
    open(1);
    push(1);
    push(2);
    expect(sent).toEqual([1]);
    answer(1);
    expect(sent).toEqual([1, 2]);
    jest.advanceTimersByTime(1_000);
    expect(jest.getTimerCount()).toBe(0);
  });
});
