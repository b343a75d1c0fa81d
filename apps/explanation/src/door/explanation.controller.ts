import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Unexplainable } from '#domain/explain';
import { PipelinesInForce } from '#platform/http-publishing';
import { Problem } from '#platform/service';
import { ExplanationMetrics } from '../explanation-metrics.js';
import { EXPLAIN, PREDICTIONS, type ExplainsPredictions, type PredictionLog } from '../ports.js';
import { createExplainStep } from '../steps/explain.step.js';
import { explanationAnswerOf, type ExplanationAnswer } from './explanation-answer.js';

const ANSWER = {
  type: 'object',
  properties: {
    event_id: { type: 'string' },
    event_time: { type: 'string', format: 'date-time' },
    model_version: { type: 'string' },
    role: { type: 'string', enum: ['champion', 'canary', 'challenger'] },
    score: { type: 'number' },
    decision: { type: 'string' },
    method: { type: 'string', enum: ['tree_shap', 'linear_shap', 'sampling_shap'] },
    unit: { type: 'string', enum: ['log_odds', 'class_margin', 'value', 'probability'] },
    base_value: { type: 'number', description: 'The output where nothing is known of the event' },
    output: { type: 'number', description: 'base_value and all contributions together' },
    contributions: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          feature: { type: 'string' },
          value: {
            description: 'As served; null: missing',
            nullable: true,
            oneOf: [{ type: 'number' }, { type: 'string' }],
          },
          contribution: { type: 'number' },
        },
      },
    },
    reasons: { type: 'array', items: { type: 'string' }, description: 'The features that contributed most' },
  },
};

/** Explains any prediction that the log holds, whether it was chosen for it or not. */
@ApiTags('explanations')
@Controller('v1/pipelines')
export class ExplanationController {
  constructor(
    private readonly inForce: PipelinesInForce,
    private readonly metrics: ExplanationMetrics,
    @Inject(PREDICTIONS) private readonly predictions: PredictionLog,
    @Inject(EXPLAIN) private readonly explainers: ExplainsPredictions,
  ) {}

  @Get(':pipeline/predictions/:event_id/explanation')
  @ApiOperation({
    summary: 'Why the prediction of an event came out as it did',
    description:
      'The prediction that was served for the event (of several the earliest) is looked up in the log and explained now, by the ' +
      'model version that made it.',
  })
  @ApiParam({ name: 'pipeline', example: 'electricity' })
  @ApiParam({ name: 'event_id', example: 'nsw-1' })
  @ApiResponse({ status: 200, description: 'What each feature contributed', schema: ANSWER })
  @ApiResponse({ status: 401, description: 'No known API key' })
  @ApiResponse({ status: 404, description: 'No such pipeline, or the log holds no prediction of such an event (yet)' })
  @ApiResponse({ status: 422, description: 'The prediction cannot be explained; `detail` says what is missing' })
  @ApiResponse({ status: 503, description: 'ClickHouse or the artifact store is away; ask again after `Retry-After`' })
  async explanation(
    @Param('pipeline') pipeline: string,
    @Param('event_id') eventId: string,
  ): Promise<ExplanationAnswer> {
    const { definition } = this.inForce.named(pipeline);
    const found = await this.predictions.find(definition, eventId);
    if (found === undefined) {
      const detail = `The log of "${pipeline}" holds no prediction of the event "${eventId}"; one just made takes a moment to get there.`;
      throw new Problem(404, 'unknown_event', detail);
    }
    const explain = createExplainStep(pipeline, this.explainers, this.metrics);
    const explanation = await explain(found.record, 'request');
    if (explanation instanceof Unexplainable) throw new Problem(422, 'unexplainable', `${explanation.message}.`);
    return explanationAnswerOf(found.record, explanation, definition.explain);
  }
}
