import { Inject, Injectable } from '@nestjs/common';
import { TraceFlags, type SpanContext } from '@opentelemetry/api';
import type { PredictionRecord } from '#contracts';
import type { FeatureValue } from '#domain/features';
import type { PipelineCatalog } from '#platform/control';
import { formatTraceparent, Publisher, PublishFailed } from '#platform/kafka';
import { PIPELINE_CATALOG, Problem, SERVICE_CONFIG } from '#platform/service';
import type { ServiceConfig } from '#platform/config';
import { Champions } from '../models/champions.js';
import type { Champion } from '../models/champion.js';
import { createEmitStep } from '../steps/emit.step.js';
import { createScoreStep } from '../steps/score.step.js';
import { predictionOf, type EventFacts, type Refused } from './prediction.js';
import { ScoringPrograms, type ScoringProgram } from './scoring-program.js';

/** One event at the door, with its features computed or given. */
export interface DoorEvent {
  readonly facts: EventFacts;
  readonly row: readonly FeatureValue[];
}

/** Scores what comes by HTTP, with the same program, model and record as the stream, and logs it before it is answered. */
@Injectable()
export class Doorway {
  constructor(
    private readonly programs: ScoringPrograms,
    private readonly champions: Champions,
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

  /** Runs `use` with the champion of the program's pipeline. @throws Problem 503 when there is none that fits */
  async withChampion<T>(program: ScoringProgram, use: (champion: Champion) => Promise<T>): Promise<T> {
    const champion = this.champions.acquire(program.pipeline);
    try {
      return await use(champion);
    } finally {
      champion.letGo();
    }
  }

  /** The champion that serves, for its description; undefined when there is none that fits. */
  describe(program: ScoringProgram): Champion | undefined {
    try {
      const champion = this.champions.acquire(program.pipeline);
      champion.letGo();
      return champion;
    } catch {
      return undefined;
    }
  }

  /** Scores events; nothing is logged yet. */
  async predict(
    program: ScoringProgram,
    champion: Champion,
    events: readonly DoorEvent[],
  ): Promise<readonly (PredictionRecord | Refused)[]> {
    const scores = await createScoreStep(champion)(events.map(({ row }) => row));
    const predictedAtMs = Date.now();
    return scores.map((score, index) => {
      const { facts, row } = events[index]!;
      return score.ok ? predictionOf(program, champion, facts, row, score, predictedAtMs) : score;
    });
  }

  /**
   * Resolves when all in-sync replicas have the predictions; only then may they be answered. Died before the answer: they
   * are logged, and a caller who asks again is logged twice, under the same event id.
   * @throws Problem 413, 429 and 503
   */
  async log(
    program: ScoringProgram,
    predictions: readonly PredictionRecord[],
    span: SpanContext | undefined,
  ): Promise<void> {
    if (predictions.length === 0) return;
    const emitStep = createEmitStep(program);
    const traceparent = span === undefined ? {} : { traceparent: formatTraceparent(span) };
    const messages = predictions.map((record) => emitStep(record, { key: record.event_key, ...traceparent }));
    await this.publisher.publish(messages).catch(refusePublication);
  }
}

export function isRefused(result: PredictionRecord | Refused): result is Refused {
  return 'ok' in result;
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
