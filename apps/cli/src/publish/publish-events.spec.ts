import type { OutboundMessage } from '#platform/outcomes';
import type { SourceRow } from './event-source.js';
import { publishEvents, type PublishEventsOptions } from './publish-events.js';

async function* rowsOf(count: number, bad: readonly number[] = []): AsyncGenerator<SourceRow> {
  for (let row = 1; row <= count; row++) {
    yield bad.includes(row)
      ? { kind: 'unreadable', line: row + 1, row, message: 'not JSON' }
      : { kind: 'fields', line: row + 1, row, fields: { id: String(row) } };
  }
}

/** A topic in memory. */
function publication(options: Partial<PublishEventsOptions> = {}): PublishEventsOptions & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    prepare: (fields) => {
      const message = { topic: 't', key: fields['id'] as string, value: Buffer.from('v') };
      return { ok: true, event: { message } };
    },
    publish: async (messages: readonly OutboundMessage[]) => void sent.push(...messages.map(({ key }) => String(key))),
    ...options,
  };
}

describe('publishEvents', () => {
  it('publishes every row in order and counts what was acknowledged', async () => {
    const options = publication();
    const result = await publishEvents(rowsOf(1_234), options);
    expect(result).toMatchObject({ end: 'finished', read: 1_234, published: 1_234, rejected: 0, nextRow: 1_235 });
    expect(options.sent).toEqual(Array.from({ length: 1_234 }, (_, index) => String(index + 1)));
  });

  it('tells each row that is no event by its line, and goes on', async () => {
    const rejected: unknown[] = [];
    const options = publication({ onRejected: (row) => rejected.push(row) });
    const result = await publishEvents(rowsOf(10, [3, 7]), options);
    expect(result).toMatchObject({ end: 'finished', published: 8, rejected: 2 });
    expect(rejected).toEqual([
      { line: 4, row: 3, message: 'not JSON' },
      { line: 8, row: 7, message: 'not JSON' },
    ]);
  });

  it('stops at the first bad row when it is strict, with what came before published', async () => {
    const options = publication({ strict: true });
    expect(await publishEvents(rowsOf(10, [4]), options)).toMatchObject({ end: 'rejected', published: 3, nextRow: 5 });
    expect(options.sent).toEqual(['1', '2', '3']);
  });

  it('takes the rows asked for', async () => {
    const options = publication({ fromRow: 5, limit: 2 });
    expect(await publishEvents(rowsOf(10), options)).toMatchObject({ read: 2, published: 2, nextRow: 7 });
    expect(options.sent).toEqual(['5', '6']);
  });

  it('says where to go on when the broker fails', async () => {
    let calls = 0;
    const publish = async (): Promise<void> => {
      if (++calls === 2) throw new Error('away');
    };
    const result = await publishEvents(rowsOf(5_000), publication({ publish }));
    expect(result).toMatchObject({ end: 'failed', nextRow: 501, failure: new Error('away') });
    expect(result.published).toBeGreaterThanOrEqual(500);
  });

  it('waits for what is under way when it is interrupted', async () => {
    const interrupt = new AbortController();
    let acknowledged = 0;
    const publish = async (messages: readonly OutboundMessage[]): Promise<void> => {
      interrupt.abort();
      await new Promise((resolve) => setTimeout(resolve, 20));
      acknowledged += messages.length;
    };
    const result = await publishEvents(rowsOf(100_000), publication({ publish, signal: interrupt.signal }));
    expect(result.end).toBe('interrupted');
    expect(result.published).toBe(acknowledged);
    expect(result.nextRow).toBe(acknowledged + 1);
  });

  it('keeps to the rate', async () => {
    const options = publication({ ratePerSecond: 1_000 });
    const result = await publishEvents(rowsOf(200), options);
    expect(result.elapsedMs).toBeGreaterThanOrEqual(140);
  });

  it('does not hold an event back while the source is silent', async () => {
    const options = publication();
    async function* slow(): AsyncGenerator<SourceRow> {
      yield { kind: 'fields', line: 1, row: 1, fields: { id: 'first' } };
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(options.sent).toEqual(['first']);
    }
    expect((await publishEvents(slow(), options)).published).toBe(1);
  });

  it('never has more than a few batches unacknowledged', async () => {
    let open = 0;
    let most = 0;
    const publish = async (): Promise<void> => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 5));
      open--;
    };
    await publishEvents(rowsOf(20_000), publication({ publish }));
    expect(most).toBeLessThanOrEqual(8);
  });
});
