import { Controller, Inject } from '@nestjs/common';
import {
  BatchHandler,
  type PartitionLease,
  type StageContext,
  type StageRecord,
  type StageResult,
} from '#platform/kafka';
import { LOG } from '#platform/service';
import type { Log } from '#platform/telemetry';
import { createInferencePipeline } from './inference.pipeline.js';
import type { ChampionMark } from './models/champion.js';
import { Champions } from './models/champions.js';
import { ScoringPrograms } from './scoring/scoring-program.js';

/** What this stage knows of a partition that it holds. */
interface PartitionState {
  /** The champion by which another holder scored it last, until this one has scored a batch itself. */
  inherited: ChampionMark | null;
  readonly acquiredAtMs: number;
}

/**
 * How long a new holder of a partition waits for the champion that its predecessor used. The registry's topic is read in
 * milliseconds; what takes longer is a mark by a clock that ran ahead, and must not stop the partition for good.
 */
const LONGEST_CATCH_UP_MS = 30_000;

/** `<p>.validated` → `<p>.predictions`. */
@Controller()
export class InferenceConsumer {
  private readonly states = new WeakMap<PartitionLease, PartitionState>();

  constructor(
    private readonly programs: ScoringPrograms,
    private readonly champions: Champions,
    @Inject(LOG) private readonly log: Log,
  ) {}

  @BatchHandler({ from: 'validated', delivery: 'transaction' })
  async onValidated(records: readonly StageRecord[], context: StageContext): Promise<StageResult> {
    const state = this.stateOf(context);
    // Taken once per batch: all its predictions are by one model, and on each partition versions never interleave.
    const champion = this.champions.acquire(context.pipeline, this.notBefore(state));
    try {
      const outcomes = await createInferencePipeline(this.programs.of(context.pipeline), champion)(records);
      const { mark } = champion;
      state.inherited = null;
      return { outcomes, checkpoint: () => ({ champion: mark }) };
    } finally {
      champion.letGo();
    }
  }

  private stateOf({ lease, pipeline, partition }: StageContext): PartitionState {
    const known = this.states.get(lease);
    if (known !== undefined) return known;
    const mark = (lease.checkpoint as { readonly champion?: ChampionMark } | null)?.champion ?? null;
    const state: PartitionState = { inherited: mark, acquiredAtMs: performance.now() };
    this.states.set(lease, state);
    this.log.debug({ pipeline: pipeline.definition.name, partition, champion: mark?.version }, 'took a partition');
    return state;
  }

  private notBefore({ inherited, acquiredAtMs }: PartitionState): ChampionMark | null {
    return performance.now() - acquiredAtMs > LONGEST_CATCH_UP_MS ? null : inherited;
  }
}
