// Transpiles every TypeScript source to dist/, file by file, keeping the layout of the tree, and packs what they depend on beside
// them; types are checked by `npm run check`.
import { transform } from '@swc/core';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, glob, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packDependencies } from './pack-dependencies.mjs';

const root = join(import.meta.dirname, '..');
const out = join(root, 'dist');
const options = JSON.parse(await readFile(join(root, '.swcrc'), 'utf8'));
const optionsHash = createHash('sha256').update(JSON.stringify(options)).digest('hex').slice(0, 16);
const started = performance.now();

/** Whole or not at all: another command may be reading dist/ while this one builds. */
async function put(path, text) {
  const staging = `${path}.${process.pid}.tmp`;
  await writeFile(staging, text);
  await rename(staging, path);
}

async function mtime(path) {
  return existsSync(path) ? (await stat(path)).mtimeMs : 0;
}

const stamp = join(out, '.swcrc.sha256');
if (existsSync(out) && (!existsSync(stamp) || (await readFile(stamp, 'utf8')) !== optionsHash))
  await rm(out, { recursive: true });
await mkdir(out, { recursive: true });
await put(stamp, optionsHash);

const expected = new Set([stamp]);
let written = 0;
for await (const file of glob(['{apps,libs,bench,e2e}/**/*.ts', 'tools/**/*.ts'], {
  cwd: root,
  exclude: (name) => name === 'node_modules' || name === 'lint-fixtures',
})) {
  if (file.endsWith('.d.ts') || file.endsWith('.spec.ts')) continue;
  const source = join(root, file);
  const target = join(out, file.replace(/\.ts$/, '.js'));
  expected.add(target).add(`${target}.map`);
  if ((await mtime(target)) > (await mtime(source))) continue;
  const { code, map } = await transform(await readFile(source, 'utf8'), {
    ...options,
    swcrc: false,
    filename: source,
    sourceFileName: source,
  });
  await mkdir(dirname(target), { recursive: true });
  await put(`${target}.map`, map ?? '');
  await put(target, `${code}\n//# sourceMappingURL=${target.split('/').pop()}.map\n`);
  written++;
}
// Data files that sources read beside themselves.
for await (const file of glob('{apps,libs,bench}/*/{src,*/src}/**/*.{json,avsc,proto,xml,xml.tmpl,properties}', {
  cwd: root,
})) {
  const target = join(out, file);
  expected.add(target);
  if ((await mtime(target)) > (await mtime(join(root, file)))) continue;
  await mkdir(dirname(target), { recursive: true });
  await cp(join(root, file), target);
}
for await (const file of glob('**/*', { cwd: out, exclude: (name) => name.startsWith('node_modules') })) {
  const path = join(out, file);
  if (expected.has(path) || path.endsWith('.tmp')) continue;
  const entry = await stat(path).catch(() => undefined);
  if (entry?.isFile()) await rm(path, { force: true });
}
const packed = await packDependencies(out);
if (written > 0 || packed) console.error(`built ${written} file(s) in ${Math.round(performance.now() - started)} ms`);
