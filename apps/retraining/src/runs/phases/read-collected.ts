import type { Dataset, TrainingRun } from '#contracts';
import type { ArtifactStore } from '#platform/artifacts';
import { readDataset, type DatasetContent } from '#platform/training-data';

/** The rows that the run collected. @throws Retriable while the store is away; ArtifactCorrupted, DatasetUnreadable */
export async function readCollected(run: TrainingRun, artifacts: ArtifactStore): Promise<DatasetContent> {
  const { artifactUri, artifactSha256 } = datasetOf(run);
  return readDataset(await artifacts.get(artifactUri, artifactSha256));
}

/** @throws Error when the run has none: its phase needs one */
export function datasetOf({ id, phase, dataset }: TrainingRun): Dataset {
  if (dataset === null) throw new Error(`${id} is ${phase} and has no dataset`);
  return dataset;
}
