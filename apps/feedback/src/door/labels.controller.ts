import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { topicOf } from '#contracts';
import { answerRequest, publishAdmitted, type Accepted, type DoorWork } from '#platform/http-publishing';
import { Publisher } from '#platform/kafka';
import { SERVICE_CONFIG } from '#platform/service';
import type { FeedbackConfig } from '../feedback.config.js';
import { FeedbackMetrics } from '../feedback-metrics.js';
import { LabelDoors } from './label-doors.js';

@ApiTags('labels')
@Controller('v1/pipelines')
export class LabelsController {
  constructor(
    private readonly doors: LabelDoors,
    private readonly publisher: Publisher,
    private readonly metrics: FeedbackMetrics,
    @Inject(SERVICE_CONFIG) private readonly config: FeedbackConfig,
  ) {}

  @Post(':pipeline/labels')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Publish one label or many',
    description:
      'Answers once Kafka has acknowledged; whether the event is known is found out later. One label: 202, or a problem. ' +
      'Several (a JSON array, NDJSON, a batch of CloudEvents): 202 when all were accepted, 207 with a status for each when not.',
  })
  @ApiParam({ name: 'pipeline', schema: { type: 'string' } })
  @ApiResponse({ status: 202, description: 'Every label is on its topic, acknowledged by all in-sync replicas' })
  @ApiResponse({ status: 207, description: 'Some labels were refused; `results` has a status and a problem for each' })
  @ApiResponse({ status: 400, description: 'The body is not JSON, or none of its labels could be read' })
  @ApiResponse({ status: 401, description: 'No known API key' })
  @ApiResponse({
    status: 404,
    description: 'No such pipeline, or one without labels; `pipelines` names those there are',
  })
  @ApiResponse({ status: 413, description: 'The body or the record is too large; `limitBytes` names the limit' })
  @ApiResponse({ status: 415, description: 'Not a media type that is taken' })
  @ApiResponse({ status: 422, description: 'The label does not fit its schema, or is none that the pipeline knows' })
  @ApiResponse({ status: 429, description: 'More is under way than is held in memory; come again after `Retry-After`' })
  @ApiResponse({ status: 503, description: 'Kafka does not answer; send again after `Retry-After`' })
  async publish(
    @Param('pipeline') name: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Accepted | string | Readable> {
    const { applied, admit } = this.doors.door(name);
    const { maxMessageBytes } = applied.definition.topics;
    const target = { topic: topicOf(name, 'labels'), maxMessageBytes, subject: 'label' } as const;
    const work: DoorWork = {
      subject: target.subject,
      admit: (candidate) => admit(candidate, Date.now()),
      publish: (admitted) => publishAdmitted(this.publisher, target, admitted),
      count: (problem) => this.metrics.answered(name, problem),
    };
    return answerRequest(request, reply, name, work, this.config.maxBodyBytes);
  }
}
