import { eventually } from '#platform/testing';
import type { Type } from '@nestjs/common';
import { numbers, StreamHarness } from '../stream-harness.js';
import { settle } from './account.js';
import { passingStage, TokenStore, writingStage, type NumberRecord } from './stages.js';

/** Stands before the answer to each batch, remembering what was handed over. */
class Counter {
  readonly handed: string[] = [];
  readonly offsets: number[] = [];
  private gate = Promise.withResolvers<void>();
  private readonly begun = Promise.withResolvers<void>();

  readonly before = async (records: readonly NumberRecord[]): Promise<void> => {
    this.handed.push(...records.map(({ value }) => value.id));
    this.offsets.push(records[0]!.offset);
    this.begun.resolve();
    await this.gate.promise;
  };

  async firstBatch(): Promise<void> {
    await this.begun.promise;
  }

  open(): void {
    this.gate.resolve();
  }
}

describe.each(['transaction', 'intent'] as const)(
  'a service that is stopped in the middle of a batch (%s)',
  (delivery) => {
    let harness: StreamHarness;
    beforeEach(async () => (harness = await StreamHarness.create(1)));
    afterEach(() => harness.close());

    it('finishes it and commits it; the next owner begins exactly behind it, nothing is handed over again', async () => {
      const startedAt = performance.now();
      const store = new TokenStore();
      const stageOf = ({ before }: Counter): Type =>
        delivery === 'transaction' ? passingStage({ before }) : writingStage(store, { before });
      const ids = numbers(1_000, 0).map(({ id }) => id);
      await harness.publish(numbers(1_000, 0));
      const first = new Counter();
      const stopped = await harness.start(stageOf(first));
      await first.firstBatch();
      const stopping = stopped.stop();
      first.open();
      await stopping;
      expect(first.handed).toEqual(ids.slice(0, 100));
      expect((await harness.committed())[0]).toMatchObject({ offset: 100, pending: null });

      const second = new Counter();
      second.open();
      const next = await harness.start(stageOf(second));
      const out = async (): Promise<readonly string[]> =>
        delivery === 'transaction' ? harness.keys('validated') : store.ids;
      await eventually(async () => expect(await out()).toHaveLength(1_000));
      await next.stop();
      expect(second.offsets[0]).toBe(100);
      expect([...first.handed, ...second.handed]).toEqual(ids);
      expect(store.repeated).toBe(0);
      settle({ fault: 'stop', title: `mid-batch, ${delivery}`, runs: 1, startedAt }, ids, await out());
    });
  },
);
