import type { PipelineDefinition } from './pipeline-definition.js';

/** The topics of a pipeline by what flows in them. */
export type PipelineStream =
  | 'events'
  | 'validated'
  | 'predictions'
  | 'quarantine'
  | 'labels'
  | 'label-retries'
  | 'outcomes'
  | 'alerts'
  | 'shadows'
  | 'explanations';

/** Streams that every pipeline has. */
const SCORING_STREAMS: readonly PipelineStream[] = ['events', 'validated', 'predictions', 'quarantine'];
/** Streams of a pipeline whose labels come back. */
const LABEL_STREAMS: readonly PipelineStream[] = ['labels', 'label-retries', 'outcomes'];
/** Streams of a pipeline that watches itself. */
const MONITOR_STREAMS: readonly PipelineStream[] = ['alerts'];
/** Scores that nobody acts on, apart from the predictions so that nobody acts on them by mistake. */
const ROLLOUT_STREAMS: readonly PipelineStream[] = ['shadows'];
const EXPLAIN_STREAMS: readonly PipelineStream[] = ['explanations'];

export const PIPELINE_STREAMS: readonly PipelineStream[] = [
  ...SCORING_STREAMS,
  ...LABEL_STREAMS,
  ...MONITOR_STREAMS,
  ...ROLLOUT_STREAMS,
  ...EXPLAIN_STREAMS,
];

/** The streams that a pipeline has, by what its file declares. */
export function streamsOf(
  definition: Pick<PipelineDefinition, 'label' | 'monitoring' | 'rollout' | 'explain'>,
): readonly PipelineStream[] {
  return [
    ...SCORING_STREAMS,
    ...(definition.label === undefined ? [] : LABEL_STREAMS),
    ...(definition.monitoring === undefined ? [] : MONITOR_STREAMS),
    ...(definition.rollout === undefined ? [] : ROLLOUT_STREAMS),
    ...(definition.explain === undefined ? [] : EXPLAIN_STREAMS),
  ];
}

export function topicOf(pipeline: string, stream: PipelineStream): string {
  return `${pipeline}.${stream}`;
}

/** Compacted topic of pipeline definitions in force, keyed by pipeline name. One partition. */
export const PIPELINES_TOPIC = 'eddyline.pipelines';
/** Compacted topic of model versions, who serves, where each loop stands, and flags. One partition. */
export const REGISTRY_TOPIC = 'eddyline.registry';

/** Every decision about a pipeline's models with its evidence, for ever; LIFECYCLE_PARTITIONS partitions, by pipeline. */
export const LIFECYCLE_TOPIC = 'eddyline.lifecycle';

/** Compacted topic of how far each pipeline's monitors are, keyed by pipeline name. One partition. */
export const MONITORS_TOPIC = 'eddyline.monitors';
/** Compacted topic of silences and acknowledgements. One partition. */
export const ALERT_CONTROLS_TOPIC = 'eddyline.alert-controls';

/** TopicNameStrategy. */
export function valueSubjectOf(topic: string): string {
  return `${topic}-value`;
}

/** Consumer group of a service for one pipeline: one pipeline's trouble never stalls another's. */
export function consumerGroupOf(service: string, pipeline: string): string {
  return `eddyline.${service}.${pipeline}`;
}

/** ClickHouse database of a pipeline: its name with dashes as underscores. */
export function databaseOf(pipeline: string): string {
  return pipeline.replaceAll('-', '_');
}
