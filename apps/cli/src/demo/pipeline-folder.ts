import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliFailure } from '../terminal/failure.js';

/** The pipeline that the demo runs. */
export const PIPELINE = 'electricity';

/** From dist/apps/cli/src/demo to the repository's pipelines. */
export function pipelineFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'pipelines', PIPELINE);
    if (existsSync(join(candidate, 'pipeline.yaml'))) return candidate;
  }
  throw new CliFailure(`pipelines/${PIPELINE} is missing beside the program`);
}

export function demoData(): string {
  return join(pipelineFolder(), 'electricity.csv.gz');
}
