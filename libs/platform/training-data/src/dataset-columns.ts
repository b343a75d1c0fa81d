import type { PipelineDefinition } from '#contracts';
import type { DatasetColumns } from './dataset-row.js';

/** What of a definition a dataset's columns follow from. */
export type DatasetDefinition = Pick<PipelineDefinition, 'name' | 'event' | 'features' | 'gates'>;

/** The pipeline's features, and the columns that its gates slice by or compare groups of. */
export function datasetColumnsOf({ name, features, gates }: DatasetDefinition): DatasetColumns {
  return {
    pipeline: name,
    features: features.map((feature) => ({ name: feature.name, type: feature.type })),
    slices: [...new Set([...(gates?.slices?.by ?? []), ...(gates?.fairness?.by ?? [])])],
  };
}
