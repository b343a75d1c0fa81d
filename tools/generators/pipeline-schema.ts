// Writes docs/pipeline.schema.json, by which editors complete pipeline files. `--check`: only compares it.
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { format } from 'prettier';
import { pipelineJsonSchema } from '#domain/pipeline-file';

// Built to dist/tools/generators.
const root = join(import.meta.dirname, '../../..');
const target = join(root, 'docs/pipeline.schema.json');
const text = await format(JSON.stringify(pipelineJsonSchema()), { parser: 'json', printWidth: 120 });

if (process.argv.includes('--check')) {
  const committed = await readFile(target, 'utf8').catch(() => '');
  if (committed !== text) {
    console.error(
      `${relative(root, target)} is not what the pipeline file's shape gives; run \`npm run check -- --fix\``,
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(target, text);
}
