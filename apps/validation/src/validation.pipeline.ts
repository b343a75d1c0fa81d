import type { AppliedPipeline, PipelineFlag } from '#contracts';
import { compileIdentity } from '#domain/event-schema';
import { compileExpectations, type Expectations } from '#domain/expectations';
import { compileSwitches } from '#domain/switches';
import type { StageRecord } from '#platform/kafka';
import { drop, emit, quarantine, type Outcome } from '#platform/outcomes';
import type { EventCodecs } from './ports.js';
import type { PartitionState } from './state/partition-state.js';
import { memoryOf, type Memory } from './state/memory.js';
import { createEmitStep } from './steps/emit.step.js';
import { createExpectStep } from './steps/expect.step.js';

/** What happens to an event of one pipeline under one revision of its definition, with the flags that are set. */
export class ValidationPipeline {
  readonly memory: Memory;
  private readonly expect: ReturnType<typeof createExpectStep>;
  private readonly emit: ReturnType<typeof createEmitStep>;

  constructor(
    applied: AppliedPipeline,
    codecs: EventCodecs,
    readonly flags: readonly PipelineFlag[],
  ) {
    const { definition } = applied;
    const identity = compileIdentity(definition.event);
    const names = definition.expectations.map(({ name }) => name);
    // What is off is not checked, and still remembered: switched on again, it judges by what it would have known.
    this.memory = memoryOf(definition, identity);
    this.expect = createExpectStep(
      compileSwitches<Readonly<Record<string, unknown>>, Expectations>(flags, 'rule', names, identity.keyOf, (off) =>
        compileExpectations(definition, off),
      ),
    );
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
