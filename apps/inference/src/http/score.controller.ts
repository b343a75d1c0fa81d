import { Body, Controller, HttpStatus, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { SpanContext } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem, problemDetails, spanOf, type ProblemDetails, type ProblemError } from '#platform/service';
import { Doorway, sampledTraceId } from '../scoring/doorway.js';
import type { EventFacts } from '../scoring/prediction.js';
import type { ScoringProgram } from '../scoring/scoring-program.js';
import { createFeaturesStep } from '../steps/features.step.js';
import type { FeaturedEvent } from '../steps/predict.step.js';
import { scoreAnswerOf, type ScoreAnswer } from './score-answer.js';

/** A batch holds the event loop while it is converted and checked: this much takes milliseconds. */
const MAX_EVENTS = 1_000;

type Admitted =
  { readonly ok: true; readonly event: FeaturedEvent } | { readonly ok: false; readonly problem: ProblemDetails };

/** Scores whole events that cannot wait for a topic. */
@ApiTags('scoring')
@Controller('v1/pipelines')
export class ScoreController {
  constructor(private readonly doorway: Doorway) {}

  @Post(':pipeline/score')
  @ApiOperation({
    summary: 'Score one event, or an array of up to 1000',
    description:
      'The event is checked (all expectations but lateness and outliers, which need the stream), its features are ' +
      'computed and the model that serves its key scores it. The prediction is logged on `<pipeline>.predictions` (and what ' +
      'another model says of it on `<pipeline>.shadows`) before it is answered.',
  })
  @ApiParam({ name: 'pipeline', example: 'electricity' })
  @ApiBody({
    schema: { oneOf: [{ type: 'object' }, { type: 'array', items: { type: 'object' }, maxItems: MAX_EVENTS }] },
  })
  @ApiResponse({ status: 200, description: 'The score; for an array `results`, all of them scored' })
  @ApiResponse({
    status: 207,
    description: 'Array: `results` in the order of the events, some of them problem details',
  })
  @ApiResponse({ status: 404, description: 'No such pipeline' })
  @ApiResponse({ status: 413, description: 'Too many events, or a body too large' })
  @ApiResponse({ status: 422, description: 'The event cannot be scored; `errors` says why' })
  @ApiResponse({ status: 429, description: 'More is under way than is held in memory; come again after `Retry-After`' })
  @ApiResponse({ status: 503, description: 'No model serves the pipeline yet, or Kafka cannot be reached' })
  async score(
    @Param('pipeline') pipeline: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ScoreAnswer | { readonly results: readonly (ScoreAnswer | ProblemDetails)[] }> {
    const program = this.doorway.programOf(pipeline);
    const span = spanOf(request)?.spanContext();
    if (!Array.isArray(body)) {
      const [result] = await this.scoreAll(program, [body], span);
      void reply.status(HttpStatus.OK);
      if (isAnswer(result!)) return result;
      const { status, type, detail, errors, title } = result!;
      const code = type.slice(type.lastIndexOf(':') + 1);
      throw new Problem(status, code, detail, { title, ...(errors === undefined ? {} : { errors }) });
    }
    if (body.length === 0) throw new Problem(400, 'empty_batch', 'The array holds no event; send at least one.');
    if (body.length > MAX_EVENTS) {
      const detail = `The array holds ${body.length} events, the limit is ${MAX_EVENTS}; send several requests.`;
      throw new Problem(413, 'too_many_events', detail, { extensions: { limitEvents: MAX_EVENTS } });
    }
    const results = await this.scoreAll(program, body, span);
    void reply.status(results.every(isAnswer) ? HttpStatus.OK : HttpStatus.MULTI_STATUS);
    return { results };
  }

  private scoreAll(
    program: ScoringProgram,
    bodies: readonly unknown[],
    span: SpanContext | undefined,
  ): Promise<readonly (ScoreAnswer | ProblemDetails)[]> {
    return this.doorway.withModels(program, async (pair) => {
      const admitted = bodies.map((body) => admit(program, body, sampledTraceId(span)));
      const events = admitted.flatMap((result) => (result.ok ? [result.event] : []));
      const predictions = await this.doorway.predict(program, pair, events);
      await this.doorway.log(
        program,
        predictions.filter((result) => result.ok),
        span,
      );
      let next = 0;
      return admitted.map((result) => {
        if (!result.ok) return result.problem;
        const prediction = predictions[next++]!;
        return prediction.ok
          ? scoreAnswerOf(prediction.served)
          : problemDetails(422, prediction.reason, prediction.message);
      });
    });
  }
}

/** JSON → event → expectations → features: as validation and inference do it on the stream. */
function admit(program: ScoringProgram, body: unknown, traceId: string): Admitted {
  const { door, identity } = program;
  const converted = door.eventFrom(body);
  if (!converted.ok) {
    const errors = converted.errors.map(({ pointer, reason, message }) => ({ pointer, code: reason, detail: message }));
    const first = errors[0]!;
    const where = first.pointer === '' ? 'The event' : first.pointer.slice(1);
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more, see errors)` : '';
    return refuse('invalid_event', `${where} ${first.detail}${more}.`, errors);
  }
  const violations = door.checkEvent(converted.event);
  if (violations?.quarantine) {
    const errors = violations.all
      .filter(({ on }) => on === 'quarantine')
      .map(({ reason, sentence, name }): ProblemError => ({ code: reason, detail: `${sentence} (${name})` }));
    return refuse(violations.quarantine.reason, violations.quarantine.message, errors);
  }
  const event = violations?.event ?? converted.event;
  const served = createFeaturesStep(program)({ event });
  if (!served.ok) return refuse(served.reason, served.message);
  const facts: EventFacts = {
    eventId: identity.idOf(event),
    eventKey: identity.keyOf(event),
    eventTimeMs: identity.timeMsOf(event),
    event,
    flags: violations?.flags ?? [],
    traceId,
    source: 'score',
    position: null,
  };
  return { ok: true, event: { facts, row: served.row } };
}

function refuse(code: string, detail: string, errors?: readonly ProblemError[]): Admitted {
  return { ok: false, problem: problemDetails(422, code, detail, errors === undefined ? {} : { errors }) };
}

function isAnswer(result: ScoreAnswer | ProblemDetails): result is ScoreAnswer {
  return 'event_id' in result;
}
