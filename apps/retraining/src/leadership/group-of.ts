import type { PipelineFilter } from '#platform/config';

/**
 * The consumer group that shares the pipelines out. Instances that look after some pipelines only are a group of their own:
 * in one group with others, the partition of a pipeline could go to a member that leaves it alone.
 */
export function groupOf(service: string, pipelines: PipelineFilter): string {
  const group = `eddyline.${service}`;
  return pipelines === 'all' ? group : `${group}.${[...pipelines].sort().join('+')}`;
}
