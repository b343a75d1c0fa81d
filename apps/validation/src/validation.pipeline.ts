import type { AppliedPipeline } from '#contracts';
import { compileIdentity } from '#domain/event-schema';
import { compileExpectations } from '#domain/expectations';
import type { StageRecord } from '#platform/kafka';
import { drop, emit, quarantine, type Outcome } from '#platform/outcomes';
import type { EventCodecs } from './ports.js';
import type { PartitionState } from './state/partition-state.js';
import { memoryOf, type Memory } from './state/memory.js';
import { createEmitStep } from './steps/emit.step.js';
import { createExpectStep } from './steps/expect.step.js';

/** What happens to an event of one pipeline under one revision of its definition. */
export class ValidationPipeline {
  readonly memory: Memory;
  private readonly expect: ReturnType<typeof createExpectStep>;
  private readonly emit: ReturnType<typeof createEmitStep>;

  constructor(applied: AppliedPipeline, codecs: EventCodecs) {
    const identity = compileIdentity(applied.definition.event);
    this.memory = memoryOf(applied.definition, identity);
    this.expect = createExpectStep(compileExpectations(applied.definition));
    this.emit = createEmitStep(applied, identity, codecs);
  }

  /** expect → deduplicate → remember → emit. */
  validate(record: StageRecord, state: PartitionState): Outcome {
    const checked = this.expect(record, state);
    if (checked.refused !== null) return quarantine(checked.refused.reason, checked.refused.message);
    if (state.hasSeen(checked.event)) return drop('duplicate');
    state.accept(checked.event, record.timestampMs);
    return emit(this.emit(record, checked));
  }
}
