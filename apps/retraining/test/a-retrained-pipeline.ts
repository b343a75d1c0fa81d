import type { PipelineDefinition } from '#contracts';
import { uniqueName } from '#platform/testing';

const MINUTE = 60_000;

export interface PipelineOptions {
  readonly model?: Partial<PipelineDefinition['model']>;
  readonly retrain?: Partial<NonNullable<PipelineDefinition['retrain']>>;
  readonly gates?: Partial<NonNullable<PipelineDefinition['gates']>>;
  readonly rollout?: Partial<NonNullable<PipelineDefinition['rollout']>>;
}

/** A pipeline with labels that says itself how it is trained and rolled out; what is named takes the place of what stands here. */
export function aRetrainedPipeline(options: PipelineOptions = {}): PipelineDefinition {
  return {
    name: uniqueName('retraining'),
    event: {
      schema: {
        type: 'record',
        name: 'Reading',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'key', type: 'string' },
          { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
          { name: 'x', type: 'double' },
          { name: 'y', type: 'double' },
        ],
      },
      id: 'id',
      key: 'key',
      time: 'at',
    },
    expectations: [],
    dedupeWindowMs: null,
    features: ['x', 'y'].map((name) => ({ name, type: 'number', kind: 'field', field: name })),
    model: {
      task: 'binary-classification',
      threshold: 0.5,
      trainer: { kind: 'built-in', trainer: 'linear', parameters: {} },
      ...options.model,
    },
    label: {
      schema: {
        type: 'record',
        name: 'Label',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'rose', type: 'boolean' },
          { name: 'known', type: { type: 'long', logicalType: 'timestamp-millis' } },
        ],
      },
      match: { by: 'id', field: 'id' },
      field: 'rose',
      values: { kind: 'boolean' },
      time: 'known',
      revision: null,
      withinMs: 60 * MINUTE,
    },
    retrain: {
      triggers: [],
      coolDownMs: 0,
      windowMs: null,
      minRows: 100,
      maxRows: 5_000,
      holdout: 0.25,
      folds: 2,
      search: null,
      calibration: 'none',
      seed: 1,
      ...options.retrain,
    },
    gates: {
      metric: 'roc_auc',
      minGain: -0.02,
      confidence: 0.95,
      tolerance: 0.05,
      slices: null,
      fairness: null,
      maxLatencyMs: 1_000,
      maxSizeBytes: 1 << 20,
      maxFlipRate: 0.5,
      backtestRows: 0,
      replayTolerance: 1e-6,
      ...options.gates,
    },
    rollout: {
      steps: [
        { kind: 'shadow', holdMs: 10 * MINUTE },
        { kind: 'canary', share: 0.25, holdMs: 10 * MINUTE },
      ],
      guards: [{ metric: 'brier', worseBy: 0.1, minRows: 50 }],
      falseRollbackRate: 0.05,
      falsePromotionRate: null,
      minLabelled: 20,
      watchMs: 10 * MINUTE,
      deadlineMs: 48 * 60 * MINUTE,
      ...options.rollout,
    },
    topics: { partitions: 2, replicationFactor: 1, retentionMs: -1, maxMessageBytes: 65_536 },
  };
}
