import { Retriable } from '#platform/outcomes';
import { eventually, HttpRecorder } from '#platform/testing';
import type { AlertRecord } from '#contracts';
import { ReceiverLane, type AlertNotice, type ReceiverSettings } from '../src/index.js';

const NEVER = new AbortController().signal;

function aNotice(id: string, over: Partial<AlertRecord> = {}): AlertNotice {
  const alert = {
    ...{ id, pipeline: 'grid', monitor: 'drift', kind: 'drift', metric: 'psi', subject: '', slice: '' },
    ...{ state: 'firing', severity: 'warning', summary: 'It is.', value: 1, threshold: 0.5, query: 'SELECT 1' },
    ...{ window_start: 0, window_end: 1, fired_at: 1, noticed_at: 2, model_version: '1', pipeline_revision: 1 },
    evidence: {
      ...{ rows: 1, reference_rows: null, reference_value: null, low: null, high: null, p_value: null },
      ...{ slices: [], examples: [] },
    },
    ...over,
  } as AlertRecord;
  return { alert, repetition: null, link: null, acknowledgement: null };
}

describe('the lane to a receiver', () => {
  let server: HttpRecorder;
  let url: string;
  beforeEach(async () => {
    server = new HttpRecorder();
    url = await server.open();
  });
  afterEach(() => server.close());

  function lane(over: Partial<ReceiverSettings> = {}, giveUpAfterMs = 60_000): ReceiverLane {
    const settings: ReceiverSettings = {
      ...{ name: 'on-call', kind: 'webhook', url: `${url}/hook/T0PSECRET?k=S3CRET`, minSeverity: 'info' },
      ...{ headers: { authorization: 'Bearer T0KEN' }, repeatMs: null, timeoutMs: 5_000 },
      ...over,
    };
    return new ReceiverLane(settings, { giveUpAfterMs, firstWaitMs: 5 });
  }

  const told = () => server.requests.map(({ body }) => (JSON.parse(body) as AlertRecord).id);

  it('posts the alert with its key and the headers of the configuration', async () => {
    const result = await lane().deliver(aNotice('a'), NEVER);
    expect(result).toEqual({ outcome: 'delivered', attempts: 1, reason: '' });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/hook/T0PSECRET?k=S3CRET',
      headers: {
        authorization: 'Bearer T0KEN',
        'idempotency-key': 'a/firing/warning',
        'content-type': 'application/json',
        'user-agent': expect.stringMatching(/^eddyline\//),
      },
    });
    expect(JSON.parse(server.requests[0]!.body)).toEqual(aNotice('a').alert);
  });

  it.each([500, 503, 429, 408])('tries again after %d, in order, under the same key', async (status) => {
    server.answer = () => ({ status: server.requests.length <= 2 ? status : 204 });
    const there = lane();
    const results = await Promise.all([there.deliver(aNotice('a'), NEVER), there.deliver(aNotice('b'), NEVER)]);
    expect(results.map(({ outcome, attempts }) => [outcome, attempts])).toEqual([
      ['delivered', 3],
      ['delivered', 1],
    ]);
    expect(told()).toEqual(['a', 'a', 'a', 'b']);
    expect(new Set(server.requests.slice(0, 3).map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('waits for a receiver that does not listen until it does', async () => {
    await server.close();
    const there = lane();
    const delivery = there.deliver(aNotice('a'), NEVER);
    await eventually(() => expect(there.outage?.reason).toBe('ECONNREFUSED'));
    expect(there.busy).toBe(true);
    await server.open();
    expect(await delivery).toMatchObject({ outcome: 'delivered' });
    expect(there.outage).toBeNull();
    expect(there.busy).toBe(false);
  });

  it('tries again when there is no answer in time', async () => {
    server.answer = () => (server.requests.length === 1 ? 'hang' : { status: 200 });
    expect(await lane({ timeoutMs: 50 }).deliver(aNotice('a'), NEVER)).toMatchObject({
      outcome: 'delivered',
      attempts: 2,
    });
  });

  it.each([400, 404, 302])('does not insist after %d, goes on with the next, and tells no secret', async (status) => {
    server.answer = () => ({
      status: server.requests.length === 1 ? status : 200,
      headers: { location: `${url}/elsewhere` },
      body: `no such hook:   ${url}/hook/T0PSECRET?k=S3CRET\n(Bearer T0KEN)${'x'.repeat(10_000)}`,
    });
    const there = lane();
    const refused = await there.deliver(aNotice('a'), NEVER);
    expect(refused).toMatchObject({ outcome: 'refused', attempts: 1 });
    expect(refused.reason).toMatch(new RegExp(`^HTTP ${status}: no such hook: … \\(…\\)x+$`));
    expect(refused.reason.length).toBeLessThan(300);
    expect(await there.deliver(aNotice('b'), NEVER)).toMatchObject({ outcome: 'delivered' });
    expect(told()).toEqual(['a', 'b']);
  });

  it('comes back when the receiver says', async () => {
    const at: number[] = [];
    server.answer = () => {
      at.push(performance.now());
      return at.length === 1 ? { status: 429, headers: { 'retry-after': '1' } } : { status: 200 };
    };
    await lane().deliver(aNotice('a'), NEVER);
    // Not a limit on how fast it is: it must not come earlier. 5 ms for the clock's grain.
    expect(at[1]! - at[0]!).toBeGreaterThan(995);
  });

  it('gives up when the receiver says to come later than it would wait', async () => {
    server.answer = () => ({ status: 503, headers: { 'retry-after': '3600' } });
    expect(await lane().deliver(aNotice('a'), NEVER)).toEqual({
      outcome: 'unreachable',
      attempts: 1,
      reason: 'HTTP 503',
    });
  });

  it('waits an outage out once, not once for every alert', async () => {
    server.answer = () => ({ status: 500 });
    const there = lane({}, 100);
    const [first, second] = await Promise.all([there.deliver(aNotice('a'), NEVER), there.deliver(aNotice('b'), NEVER)]);
    expect(first).toMatchObject({ outcome: 'unreachable', reason: 'HTTP 500' });
    expect(first.attempts).toBeGreaterThan(1);
    expect(second).toEqual({ outcome: 'unreachable', attempts: 0, reason: 'HTTP 500' });
    expect(there.outage).toMatchObject({ reason: 'HTTP 500' });
    server.answer = () => ({ status: 200 });
    expect(await there.attempt(() => aNotice('c'), NEVER)).toMatchObject({ outcome: 'delivered' });
    expect(there.outage).toBeNull();
    expect(await there.deliver(aNotice('d'), NEVER)).toMatchObject({ outcome: 'delivered' });
  });

  it('leaves a delivery to the next one when it is to stop', async () => {
    server.answer = () => ({ status: 500 });
    const stop = new AbortController();
    const there = lane();
    const delivery = there.deliver(aNotice('a'), stop.signal);
    await eventually(() => expect(server.requests.length).toBeGreaterThan(0));
    stop.abort();
    await expect(delivery).rejects.toThrow(Retriable);
    server.answer = () => 'hang';
    const hanging = new AbortController();
    const other = there.deliver(aNotice('b'), hanging.signal);
    const before = server.requests.length;
    await eventually(() => expect(server.requests.length).toBeGreaterThan(before));
    hanging.abort();
    await expect(other).rejects.toThrow('the receiver on-call was still tried');
  });

  it('does not tell what is of no use any more when its turn has come', async () => {
    expect(await lane().attempt(() => null, NEVER)).toBeNull();
    expect(server.requests).toEqual([]);
  });
});
