import { Inject, Injectable } from '@nestjs/common';
import { TraceFlags, type SpanContext } from '@opentelemetry/api';
import type { ModelVersion } from '#contracts';
import type { PipelineCatalog } from '#platform/control';
import { formatTraceparent, Publisher, PublishFailed } from '#platform/kafka';
import { PIPELINE_CATALOG, Problem, SERVICE_CONFIG } from '#platform/service';
import type { ServiceConfig } from '#platform/config';
import { ServedModels } from '../models/served-models.js';
import type { ServingPair } from '../models/serving-pair.js';
import { createEmitStep } from '../steps/emit.step.js';
import { createPredictStep, type FeaturedEvent, type Predicted } from '../steps/predict.step.js';
import type { Refused } from './prediction.js';
import { ScoringPrograms, type ScoringProgram } from './scoring-program.js';

/** Scores what comes by HTTP, with the same program, models and records as the stream, and logs it before it is answered. */
@Injectable()
export class Doorway {
  constructor(
    private readonly programs: ScoringPrograms,
    private readonly models: ServedModels,
    private readonly publisher: Publisher,
    @Inject(PIPELINE_CATALOG) private readonly catalog: PipelineCatalog,
    @Inject(SERVICE_CONFIG) private readonly config: ServiceConfig,
  ) {}

  /** Names of the pipelines that this instance serves. */
  pipelines(): readonly string[] {
    return this.catalog
      .list()
      .map(({ definition }) => definition.name)
      .filter((name) => this.config.pipelines === 'all' || this.config.pipelines.includes(name));
  }

  /** @throws Problem 404 */
  programOf(pipeline: string): ScoringProgram {
    const applied = this.pipelines().includes(pipeline) ? this.catalog.get(pipeline) : undefined;
    if (applied === undefined) {
      const known = this.pipelines().join(', ') || 'none';
      throw new Problem(404, 'unknown_pipeline', `There is no pipeline "${pipeline}" here; in force are: ${known}.`);
    }
    return this.programs.of(applied);
  }

  /** Runs `use` with what scores the program's pipeline. @throws Problem 503 when no champion fits */
  async withModels<T>(program: ScoringProgram, use: (pair: ServingPair) => Promise<T>): Promise<T> {
    const pair = this.models.acquire(program.pipeline);
    try {
      return await use(pair);
    } finally {
      pair.letGo();
    }
  }

  /** The champion that serves, for its description; undefined when there is none that fits. */
  describe(program: ScoringProgram): ModelVersion | undefined {
    try {
      const pair = this.models.acquire(program.pipeline);
      pair.letGo();
      return pair.champion.version;
    } catch {
      return undefined;
    }
  }

  /** Scores events; nothing is logged yet. */
  predict(
    program: ScoringProgram,
    pair: Pick<ServingPair, 'champion' | 'challenger'>,
    events: readonly FeaturedEvent[],
  ): Promise<readonly (Predicted | Refused)[]> {
    return createPredictStep(program, pair, Date.now)(events);
  }

  /**
   * Resolves when all in-sync replicas have the predictions; only then may they be answered. Died before the answer: they
   * are logged, and a caller who asks again is logged twice, under the same event id.
   * @throws Problem 413, 429 and 503
   */
  async log(program: ScoringProgram, predictions: readonly Predicted[], span: SpanContext | undefined): Promise<void> {
    if (predictions.length === 0) return;
    const emitStep = createEmitStep(program);
    const traceparent = span === undefined ? {} : { traceparent: formatTraceparent(span) };
    const messages = predictions.flatMap((one) => emitStep(one, { key: one.served.event_key, ...traceparent }));
    await this.publisher.publish(messages).catch(refusePublication);
  }
}

/** What a prediction record says of its trace: the id when it is sampled, else nothing. */
export function sampledTraceId(span: SpanContext | undefined): string {
  return span !== undefined && (span.traceFlags & TraceFlags.SAMPLED) !== 0 ? span.traceId : '';
}

const STATUS_OF = { too_large: 413, overloaded: 429, unreachable: 503 } as const;

function refusePublication(error: unknown): never {
  if (!(error instanceof PublishFailed)) throw error;
  const message = `The prediction was made but could not be logged, so it is not answered: ${error.message}.`;
  const status = STATUS_OF[error.code];
  throw new Problem(status, error.code, message, {
    cause: error,
    ...(status === 413 ? {} : { retryAfterSeconds: 5 }),
  });
}
