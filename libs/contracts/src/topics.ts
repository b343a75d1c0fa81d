/** The topics of a pipeline by what flows in them. */
export type PipelineStream = 'events' | 'validated' | 'predictions' | 'quarantine';

export const PIPELINE_STREAMS: readonly PipelineStream[] = ['events', 'validated', 'predictions', 'quarantine'];

export function topicOf(pipeline: string, stream: PipelineStream): string {
  return `${pipeline}.${stream}`;
}

/** Compacted topic of pipeline definitions in force, keyed by pipeline name. One partition. */
export const PIPELINES_TOPIC = 'eddyline.pipelines';
/** Compacted topic of model versions and aliases. One partition. */
export const REGISTRY_TOPIC = 'eddyline.registry';

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
