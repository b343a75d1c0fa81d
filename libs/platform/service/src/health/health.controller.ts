import { Controller, Get, HttpStatus, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Telemetry } from '#platform/telemetry';
import { problemDetails, PROBLEM_MEDIA_TYPE } from '../http/problem.js';
import { SERVICE_NAME, TELEMETRY } from '../tokens.js';
import { HealthRegistry } from './health-registry.js';

@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthRegistry,
    @Inject(SERVICE_NAME) private readonly service: string,
    @Inject(TELEMETRY) private readonly telemetry: Telemetry,
  ) {}

  @Get('health/live')
  @ApiOperation({ summary: 'The process runs' })
  @ApiResponse({ status: 200, description: 'It does' })
  live(): object {
    return { status: 'live', service: this.service };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'The service can do its work' })
  @ApiResponse({ status: 200, description: 'It can; `notes` says what is wrong all the same' })
  @ApiResponse({ status: 503, description: 'It waits for something; `errors` says for what' })
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const { ready, reasons, notes } = this.health.report();
    if (ready) {
      await reply
        .status(HttpStatus.OK)
        .send({ status: 'ready', service: this.service, ...(notes.length > 0 && { notes }) });
      return;
    }
    const detail = reasons.map(({ part, reason }) => `${part}: ${reason}`).join('; ');
    const errors = reasons.map(({ part, reason }) => ({ code: part, detail: reason }));
    await reply
      .status(HttpStatus.SERVICE_UNAVAILABLE)
      .type(PROBLEM_MEDIA_TYPE)
      .send(JSON.stringify(problemDetails(503, 'not_ready', detail, { errors })));
  }

  @Get('metrics')
  @ApiOperation({ summary: 'Metrics in the Prometheus text format' })
  @ApiResponse({ status: 200, description: 'The metrics', content: { 'text/plain': { schema: { type: 'string' } } } })
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await reply.type('text/plain; version=0.0.4; charset=utf-8').send(await this.telemetry.renderMetrics());
  }
}
