import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { topicOf } from '#contracts';
import {
  answerRequest,
  publishAdmitted,
  type Accepted,
  type Admitted,
  type Candidate,
} from '#platform/http-publishing';
import { Publisher } from '#platform/kafka';
import { SERVICE_CONFIG, type ProblemDetails } from '#platform/service';
import { AdmissionService } from './admission/admission.service.js';
import type { AdmissionContext } from './admission/compile-admission.js';
import { ValidationWatermarks } from './admission/validation-watermarks.js';
import type { IngestionConfig } from './ingestion.config.js';
import { IngestionMetrics } from './ingestion-metrics.js';

@ApiTags('events')
@Controller('v1/pipelines')
export class EventsController {
  constructor(
    private readonly admission: AdmissionService,
    private readonly publisher: Publisher,
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
  ): Promise<Accepted | string | Readable> {
    const { applied, admit } = this.admission.door(name);
    const { topics } = applied.definition;
    const target = {
      topic: topicOf(name, 'events'),
      maxMessageBytes: topics.maxMessageBytes,
      subject: 'event',
    } as const;
    const work = {
      subject: target.subject,
      admit: (candidate: Candidate) => admit(candidate, this.contextOf(name)),
      publish: (admitted: readonly Admitted[]) => publishAdmitted(this.publisher, target, admitted),
      count: (problem: ProblemDetails | null) => this.metrics.count(name, problem),
    };
    return answerRequest(request, reply, name, work, this.config.maxBodyBytes);
  }

  private contextOf(pipeline: string): AdmissionContext {
    return { nowMs: Date.now(), watermarkMs: this.watermarks.of(pipeline) };
  }
}
