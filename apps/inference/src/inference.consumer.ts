import { Controller, Inject } from '@nestjs/common';
import type { PartitionLease, StageContext, StageRecord, StageResult } from '#platform/kafka';
import { BatchHandler } from '#platform/kafka-stream';
import { LOG } from '#platform/service';
import type { Log } from '#platform/telemetry';
import { createInferencePipeline } from './inference.pipeline.js';
import { ServedModels } from './models/served-models.js';
import type { ServingMark } from './models/serving-pair.js';
import { ScoringPrograms } from './scoring/scoring-program.js';

/** What this stage knows of a partition that it holds. */
interface PartitionState {
  /** By what another holder scored it last, until this one has scored a batch itself. */
  inherited: ServingMark | null;
  readonly acquiredAtMs: number;
}

/**
 * How long a new holder of a partition waits for what its predecessor scored with. The registry's topic is read in
 * milliseconds; what takes longer (a model that only the other could load, a registry made anew) must not stop the partition
 * for good.
 */
const LONGEST_CATCH_UP_MS = 30_000;

/** `<p>.validated` → `<p>.predictions`, and `<p>.shadows` while there is a challenger. */
@Controller()
export class InferenceConsumer {
  private readonly states = new WeakMap<PartitionLease, PartitionState>();

  constructor(
    private readonly programs: ScoringPrograms,
    private readonly models: ServedModels,
    @Inject(LOG) private readonly log: Log,
  ) {}

  @BatchHandler({ from: 'validated', delivery: 'transaction' })
  async onValidated(records: readonly StageRecord[], context: StageContext): Promise<StageResult> {
    const state = this.stateOf(context);
    // Taken once per batch: on each partition what serves changes between two batches, and never back.
    const pair = this.models.acquire(context.pipeline, this.notBefore(state));
    try {
      const outcomes = await createInferencePipeline(this.programs.of(context.pipeline), pair)(records);
      const { mark } = pair;
      state.inherited = null;
      return { outcomes, checkpoint: () => ({ serving: mark }) };
    } finally {
      pair.letGo();
    }
  }

  private stateOf({ lease, pipeline, partition }: StageContext): PartitionState {
    const known = this.states.get(lease);
    if (known !== undefined) return known;
    const mark = (lease.checkpoint as { readonly serving?: ServingMark } | null)?.serving ?? null;
    const state: PartitionState = { inherited: mark, acquiredAtMs: performance.now() };
    this.states.set(lease, state);
    this.log.debug({ pipeline: pipeline.definition.name, partition, champion: mark?.champion }, 'took a partition');
    return state;
  }

  private notBefore({ inherited, acquiredAtMs }: PartitionState): ServingMark | null {
    return performance.now() - acquiredAtMs > LONGEST_CATCH_UP_MS ? null : inherited;
  }
}
