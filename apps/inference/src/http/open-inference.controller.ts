import { Body, Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { eddylineVersion } from '#platform/config';
import { HealthRegistry, Problem, spanOf } from '#platform/service';
import type { ModelVersion } from '#contracts';
import { readInferRequest } from '../open-inference/infer-request.js';
import { inferResponseOf, outputNamesOf, type InferResponse } from '../open-inference/infer-response.js';
import { modelMetadataOf, type ModelMetadata } from '../open-inference/model-metadata.js';
import { ProtocolFault } from '../open-inference/tensor.js';
import { Doorway, sampledTraceId } from '../scoring/doorway.js';
import type { ScoringProgram } from '../scoring/scoring-program.js';
import type { FeaturedEvent } from '../steps/predict.step.js';

const MODEL = ['models/:model', 'models/:model/versions/:version'];

/** The Open Inference Protocol (V2) over HTTP: features in, scores out. A model is called as its pipeline. */
@ApiTags('open inference protocol')
@Controller('v2')
export class OpenInferenceController {
  constructor(
    private readonly doorway: Doorway,
    private readonly health: HealthRegistry,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The server' })
  server(): object {
    return { name: 'eddyline', version: eddylineVersion(), extensions: [] };
  }

  @Get('health/live')
  @ApiOperation({ summary: 'The process runs' })
  live(): object {
    return { live: true };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'The service can do its work' })
  @ApiResponse({ status: 503, description: 'It waits for something' })
  ready(): object {
    const { ready, reasons } = this.health.report();
    if (!ready) throw new Problem(503, 'not_ready', reasons.map(({ reason }) => reason).join('; '));
    return { ready: true };
  }

  @Get(MODEL)
  @ApiOperation({ summary: 'Inputs and outputs of a model' })
  @ApiParam({ name: 'model', example: 'electricity', description: 'name of the pipeline' })
  model(@Param('model') model: string, @Param('version') version?: string): ModelMetadata {
    const program = this.doorway.programOf(model);
    const champion = this.serving(program, version);
    return modelMetadataOf(program.pipeline.definition, {
      version: champion.version,
      classes: champion.output.width,
    });
  }

  @Get(MODEL.map((path) => `${path}/ready`))
  @ApiOperation({ summary: 'The model can be asked' })
  @ApiParam({ name: 'model', example: 'electricity' })
  modelReady(@Param('model') model: string, @Param('version') version?: string): object {
    const champion = this.serving(this.doorway.programOf(model), version);
    return { name: model, version: champion.version, ready: true };
  }

  @Post(MODEL.map((path) => `${path}/infer`))
  @HttpCode(200)
  @ApiOperation({
    summary: 'Scores of rows of features',
    description:
      'Inputs: one matrix `[rows, features]` in the order of the pipeline, or one tensor `[rows]` per feature by name; ' +
      'null is a missing value. Each row is logged on `<pipeline>.predictions` before it is answered, under the id of ' +
      'the request (and the number of the row where there are several). It is always the champion that answers: a row has no ' +
      'key by which a challenger could be given its share.',
  })
  @ApiParam({ name: 'model', example: 'electricity' })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['inputs'],
      example: { id: 'a-1', inputs: [{ name: 'features', datatype: 'FP64', shape: [1, 2], data: [0.5, 0.25] }] },
    },
  })
  @ApiResponse({ status: 400, description: 'The request does not hold to the protocol, or not to the model' })
  @ApiResponse({ status: 429, description: 'More is under way than is held in memory; come again after `Retry-After`' })
  async infer(
    @Param('model') model: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Param('version') version?: string,
  ): Promise<InferResponse> {
    const program = this.doorway.programOf(model);
    const { definition } = program.pipeline;
    const { task } = definition.model;
    this.serving(program, version);
    const read = readInferRequest(body, definition.features, outputNamesOf(task));
    if (read instanceof ProtocolFault) throw new Problem(400, 'invalid_request', `${read.message}.`);
    const id = read.id === undefined || read.id === '' ? randomUUID() : read.id;
    const span = spanOf(request)?.spanContext();
    const receivedAtMs = Date.now();
    const events = read.rows.map((row, index): FeaturedEvent => {
      const eventId = read.rows.length === 1 ? id : `${id}/${index}`;
      const facts = { eventId, eventKey: eventId, eventTimeMs: receivedAtMs, event: null, flags: [], position: null };
      return {
        row: program.withhold(row, eventId),
        facts: { ...facts, traceId: sampledTraceId(span), source: 'infer' },
      };
    });
    return this.doorway.withModels(program, async ({ champion }) => {
      requireVersion(model, champion.version, version);
      const results = await this.doorway.predict(program, { champion, challenger: null }, events);
      // One answer for all rows: where one has no score nothing is logged, as nothing is answered.
      const predictions = results.map((result, row) => {
        if (!result.ok) throw new Problem(400, result.reason, `row ${row}: ${result.message}`);
        return result;
      });
      await this.doorway.log(program, predictions, span);
      return inferResponseOf(
        read,
        id,
        predictions.map(({ served }) => served),
        task,
      );
    });
  }

  /** @throws Problem 404 for a version that does not serve, 503 when none does */
  private serving(program: ScoringProgram, version: string | undefined): ModelVersion {
    const { name } = program.pipeline.definition;
    const champion = this.doorway.describe(program);
    if (champion === undefined) throw new Problem(503, 'model_not_loaded', `No model serves ${name} yet.`);
    requireVersion(name, champion, version);
    return champion;
  }
}

function requireVersion(model: string, champion: ModelVersion, version: string | undefined): void {
  const serving = champion.version;
  if (version === undefined || version === serving) return;
  throw new Problem(404, 'unknown_version', `Version ${version} of ${model} is not served; version ${serving} is.`);
}
