import { Controller, Inject } from '@nestjs/common';
import type { AppliedPipeline } from '#contracts';
import type { PartitionLease, StageContext, StageRecord, StageResult } from '#platform/kafka';
import { BatchHandler } from '#platform/kafka-stream';
import type { ModelCatalog } from '#platform/control';
import { MODEL_CATALOG } from '#platform/service';
import { EVENT_CODECS, type EventCodecs } from './ports.js';
import { PartitionState } from './state/partition-state.js';
import { restoreState } from './state/restore-state.js';
import { ValidationPipeline } from './validation.pipeline.js';

/** `<p>.events` → `<p>.validated`, exactly once. */
@Controller()
export class ValidationConsumer {
  private readonly pipelines = new WeakMap<AppliedPipeline, ValidationPipeline>();
  private readonly states = new WeakMap<PartitionLease, PartitionState>();

  constructor(
    @Inject(EVENT_CODECS) private readonly codecs: EventCodecs,
    @Inject(MODEL_CATALOG) private readonly models: Pick<ModelCatalog, 'flags'>,
  ) {}

  @BatchHandler({ from: 'events', delivery: 'transaction' })
  async onEvents(records: readonly StageRecord[], context: StageContext): Promise<StageResult> {
    const pipeline = this.pipelineOf(context.pipeline);
    const state = await this.stateOf(context, pipeline);
    const outcomes = records.map((record) => pipeline.validate(record, state));
    return { outcomes, checkpoint: (produced) => state.checkpoint(produced) };
  }

  private pipelineOf(applied: AppliedPipeline): ValidationPipeline {
    const flags = this.models.flags(applied.definition.name);
    const known = this.pipelines.get(applied);
    if (known !== undefined && (known.flags === flags || known.flags.length + flags.length === 0)) return known;
    const pipeline = new ValidationPipeline(applied, this.codecs, flags);
    this.pipelines.set(applied, pipeline);
    return pipeline;
  }

  /** A lease that is new here, or a definition that remembers other things, restores the state from the log. */
  private async stateOf({ lease, signal }: StageContext, { memory }: ValidationPipeline): Promise<PartitionState> {
    const known = this.states.get(lease);
    if (known?.memory.key === memory.key) return known;
    const state = await restoreState(memory, lease, known?.latest ?? lease.checkpoint, this.codecs, signal);
    this.states.set(lease, state);
    return state;
  }
}
