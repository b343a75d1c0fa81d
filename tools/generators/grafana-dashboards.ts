// Writes deploy/grafana/dashboards/*.json from tools/generators/dashboards. `--check`: only compares them.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { format } from 'prettier';
import { toGrafana } from './dashboards/dashboard.js';
import { DATA_QUALITY_AND_DRIFT } from './dashboards/data-quality-and-drift.js';
import { FAIRNESS } from './dashboards/fairness.js';
import { MODEL_PERFORMANCE } from './dashboards/model-performance.js';
import { PIPELINE_HEALTH } from './dashboards/pipeline-health.js';

// Built to dist/tools/generators.
const root = join(import.meta.dirname, '../../..');
const folder = join(root, 'deploy/grafana/dashboards');
await mkdir(folder, { recursive: true });

for (const dashboard of [PIPELINE_HEALTH, DATA_QUALITY_AND_DRIFT, MODEL_PERFORMANCE, FAIRNESS]) {
  const target = join(folder, `${dashboard.uid}.json`);
  const text = await format(JSON.stringify(toGrafana(dashboard)), { parser: 'json', printWidth: 120 });
  if (process.argv.includes('--check')) {
    const committed = await readFile(target, 'utf8').catch(() => '');
    if (committed === text) continue;
    console.error(`${relative(root, target)} is not what its data gives; run \`npm run check -- --fix\``);
    process.exitCode = 1;
  } else {
    await writeFile(target, text);
  }
}
