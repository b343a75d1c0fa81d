import { topicOf } from '#contracts';
import { emit, type Outcome } from '#platform/outcomes';
import type { Type } from '@nestjs/common';
import type { BatchHandlerOptions, IntentRange, StageContext, StageRecord, StageResult } from '#platform/kafka';
import { BatchHandler } from '../../src/index.js';

export type NumberRecord = StageRecord<{ id: string; n: number }>;
export type IntentContext = StageContext & { readonly range: IntentRange };
/** Called before a batch is answered: to wait, to fail, to count. */
type Before = (records: readonly NumberRecord[], context: StageContext) => Promise<void> | void;

/** A controller class whose only handler is `handle`. */
export function controllerOf<C, R>(
  options: BatchHandlerOptions,
  handle: (records: readonly NumberRecord[], context: C) => Promise<R>,
): Type {
  class Stage {
    @BatchHandler(options)
    onEvents(records: readonly NumberRecord[], context: C): Promise<R> {
      return handle(records, context);
    }
  }
  return Stage;
}

export function passOn({ value, raw, partition }: NumberRecord, { lease }: StageContext): Outcome {
  return emit({ topic: topicOf(lease.pipeline, 'validated'), partition, key: value.id, value: raw });
}

/** Passes every event on, under its id, to the partition of the same number. */
export function passingStage({ maxRecords = 100, before }: { maxRecords?: number; before?: Before } = {}): Type {
  return controllerOf<StageContext, StageResult>(
    { from: 'events', delivery: 'transaction', maxRecords },
    async (records, context) => {
      await before?.(records, context);
      return { outcomes: records.map((record) => passOn(record, context)) };
    },
  );
}

/** Writes every event's id to a store that knows its tokens. */
export function writingStage(
  store: TokenStore,
  { maxRecords = 100, before }: { maxRecords?: number; before?: Before } = {},
): Type {
  return controllerOf<IntentContext, void>(
    { from: 'events', delivery: 'intent', maxRecords },
    async (records, context) => {
      await before?.(records, context);
      store.write(
        context.range.token,
        records.map(({ value }) => value.id),
      );
    },
  );
}

/** What ClickHouse does with deduplication tokens: a token that was written is not written again. */
export class TokenStore {
  private readonly written = new Map<string, readonly string[]>();
  /** Tokens that came again with other ids: rows of theirs are lost, or there twice. */
  readonly contradictions: string[] = [];
  repeated = 0;

  write(token: string, ids: readonly string[]): void {
    const before = this.written.get(token);
    if (before === undefined) this.written.set(token, ids);
    else if (before.join() === ids.join()) this.repeated++;
    else this.contradictions.push(token);
  }

  get ids(): readonly string[] {
    return [...this.written.values()].flat().sort();
  }
}
