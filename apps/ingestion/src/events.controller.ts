import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { jsonAnswer, Problem, roomOf, SERVICE_CONFIG } from '#platform/service';
import { AdmissionService, type Door } from './admission/admission.service.js';
import type { AdmissionContext } from './admission/compile-admission.js';
import { ValidationWatermarks } from './admission/validation-watermarks.js';
import { answerBatch } from './batch-answer.js';
import { ingestBatch } from './batch-ingestion.js';
import type { Reading } from './candidate.js';
import type { IngestionConfig } from './ingestion.config.js';
import { IngestionMetrics } from './ingestion-metrics.js';
import { EventPublisher } from './publishing/event-publisher.js';
import { retryAfterSecondsOf } from './publishing/publish-problem.js';
import { readRequest } from './reading/read-request.js';

export interface AcceptedEvent {
  readonly status: 202;
  readonly pipeline: string;
  /** As the event's id field, or the CloudEvent's id, has it. */
  readonly id: string;
}

@ApiTags('events')
@Controller('v1/pipelines')
export class EventsController {
  constructor(
    private readonly admission: AdmissionService,
    private readonly publisher: EventPublisher,
    private readonly watermarks: ValidationWatermarks,
    private readonly metrics: IngestionMetrics,
    @Inject(SERVICE_CONFIG) private readonly config: IngestionConfig,
  ) {}

  @Post(':pipeline/events')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Publish one event or many',
    description:
      'Answers once Kafka has acknowledged. One event: 202, or a problem. Several (a JSON array, NDJSON, a batch of ' +
      'CloudEvents): 202 when all were accepted, 207 with a status for each when not.',
  })
  @ApiParam({ name: 'pipeline', schema: { type: 'string' } })
  @ApiResponse({ status: 202, description: 'Every event is on its topic, acknowledged by all in-sync replicas' })
  @ApiResponse({ status: 207, description: 'Some events were refused; `results` has a status and a problem for each' })
  @ApiResponse({
    status: 400,
    description: 'The body is not JSON, not a CloudEvent, or none of its events could be read',
  })
  @ApiResponse({ status: 401, description: 'No known API key' })
  @ApiResponse({ status: 404, description: 'No such pipeline; `pipelines` names those there are' })
  @ApiResponse({ status: 413, description: 'The body or the record is too large; `limitBytes` names the limit' })
  @ApiResponse({ status: 415, description: 'Not a media type that is taken' })
  @ApiResponse({ status: 422, description: 'The event does not fit the schema or the expectations of its pipeline' })
  @ApiResponse({ status: 429, description: 'More is under way than is held in memory; come again after `Retry-After`' })
  @ApiResponse({ status: 503, description: 'Kafka does not answer; send again with the same id after `Retry-After`' })
  async publish(
    @Param('pipeline') name: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcceptedEvent | string | Readable> {
    const door = this.admission.door(name);
    const events = readRequest({ headers: request.headers, body: request.body }, this.config.maxBodyBytes);
    if (events.kind === 'one') return this.publishOne(door, events.reading);
    const context = (): AdmissionContext => this.contextOf(name);
    const outcome = await ingestBatch(events.events, door, this.publisher, this.metrics, context, roomOf(request));
    const { status, body } = answerBatch(outcome, this.config.maxBodyBytes);
    void reply.status(status).type('application/json; charset=utf-8');
    return jsonAnswer(body);
  }

  private async publishOne({ applied, admit }: Door, reading: Reading): Promise<AcceptedEvent> {
    const pipeline = applied.definition.name;
    const admission = reading.ok ? admit(reading.candidate, this.contextOf(pipeline)) : reading;
    const problem = admission.ok ? (await this.publisher.publish(applied, [admission]))[0]! : admission.problem;
    this.metrics.count(pipeline, problem);
    if (problem !== null || !admission.ok) throw Problem.of(problem!, retryAfterSecondsOf(problem!));
    return { status: 202, pipeline, id: admission.id };
  }

  private contextOf(pipeline: string): AdmissionContext {
    return { nowMs: Date.now(), watermarkMs: this.watermarks.of(pipeline) };
  }
}
