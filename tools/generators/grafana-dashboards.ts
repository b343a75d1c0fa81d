// Writes the dashboards of deploy/grafana/dashboards from tools/grafana. `--check`: only compares them.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { format } from 'prettier';
import { toGrafana } from '../grafana/dashboard.js';
import { DASHBOARDS } from '../grafana/dashboards.js';

// Built to dist/tools/generators.
const root = join(import.meta.dirname, '../../..');
const folder = join(root, 'deploy/grafana/dashboards');
await mkdir(folder, { recursive: true });

for (const dashboard of DASHBOARDS) {
  const target = join(folder, `${dashboard.uid}.json`);
  const text = await format(JSON.stringify(toGrafana(dashboard)), { parser: 'json', printWidth: 120 });
  if (process.argv.includes('--check')) {
    const committed = await readFile(target, 'utf8').catch(() => '');
    if (committed !== text) {
      console.error(`${relative(root, target)} is not what tools/grafana gives; run \`npm run check -- --fix\``);
      process.exitCode = 1;
    }
  } else {
    await writeFile(target, text);
  }
}
