// Puts what every service loads at its start into a few files under dist/node_modules, where Node finds it before the
// packages themselves: three thousand modules take a second of a processor to find and read, and every process of a stack,
// every command and every test file pays for it (docs/decisions/0026).
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Specifiers, as our sources import them. What they depend on comes along with them, unless it is EXTERNAL. */
const PACKED = [
  '@clickhouse/client',
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/microservices',
  '@nestjs/platform-fastify',
  '@nestjs/swagger',
  '@opentelemetry/api',
  '@opentelemetry/core',
  '@opentelemetry/exporter-prometheus',
  '@opentelemetry/exporter-trace-otlp-proto',
  '@opentelemetry/otlp-exporter-base',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/sdk-node',
  '@opentelemetry/sdk-trace',
  '@opentelemetry/semantic-conventions',
  'kafkajs',
  'kafkajs/src/broker/index.js',
  'kafkajs/src/consumer/batch.js',
  'kafkajs/src/network/requestQueue/index.js',
  'kafkajs/src/protocol/decoder.js',
  'kafkajs/src/protocol/encoder.js',
  'kafkajs/src/protocol/error.js',
  'rxjs',
  'yaml',
  'zod',
];

/** Left where they are: they read files beside themselves, or must run before others. */
const EXTERNAL = ['@fastify/static', 'pino', 'reflect-metadata', 'swagger-ui-dist'];

const ROOT = join(import.meta.dirname, '..');
/** Of all that must lead to a new pack. */
const STAMP = '.packed.sha256';
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

const packIn = (dist) => join(dist, 'node_modules');
const folderOf = (specifier) => specifier.replace(/\.js$/, '');

/** Of each specifier the file that stands for it; none before the first build. */
export function packedFiles(dist) {
  const pack = packIn(dist);
  return new Map(existsSync(pack) ? PACKED.map((name) => [name, join(pack, folderOf(name), 'index.mjs')]) : []);
}

/** Packs anew where the packages or this file have changed. @returns whether it did */
export async function packDependencies(dist) {
  const target = packIn(dist);
  const stamp = await stampOf();
  const stampPath = join(target, STAMP);
  if (existsSync(stampPath) && (await readFile(stampPath, 'utf8')) === stamp) return false;
  // Whole or not at all: another command may be packing too.
  const staging = `${target}.${process.pid}.tmp`;
  await rm(staging, { recursive: true, force: true });
  await bundle(staging);
  await describe(staging);
  await writeFile(join(staging, STAMP), stamp);
  await rm(target, { recursive: true, force: true });
  try {
    await rename(staging, target);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (!existsSync(stampPath)) throw error;
  }
  return true;
}

async function stampOf() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'tools/pack-dependencies.mjs'])
    hash.update(await readFile(join(ROOT, file)));
  return hash.digest('hex');
}

async function bundle(outdir) {
  const { build } = await import('esbuild'); // jest's configuration reads this file too
  await build({
    entryPoints: PACKED.map((name) => ({ in: `packed:${name}`, out: join(folderOf(name), 'index') })),
    outdir,
    absWorkingDir: ROOT,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    chunkNames: 'chunks/[hash]',
    outExtension: { '.js': '.mjs' },
    // Nest tells providers, and Swagger schemas, by the names of classes.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'error',
    banner: {
      js: "import { createRequire as packedRequire } from 'node:module'; const require = packedRequire(import.meta.url);",
    },
    external: EXTERNAL,
    plugins: [entries, outside],
  });
}

/** Each entry gives what the package gives. */
const entries = {
  name: 'entries',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^packed:/ }, ({ path }) => ({ path: path.slice('packed:'.length), namespace: 'packed' }));
    onLoad({ filter: /.*/, namespace: 'packed' }, async ({ path }) => {
      const found = await import(path);
      // Of a CommonJS package Node finds the names that it can see without running it; here it has run.
      const names = new Set([...Object.keys(found), ...Object.keys(found['module.exports'] ?? {})]);
      const exported = [...names].filter((name) => IDENTIFIER.test(name));
      return { contents: `export { ${exported.join(', ')} } from '${path}';`, resolveDir: ROOT };
    });
  },
};

/** Packages that are not there are such that Nest and others load only where a user has them. */
const outside = {
  name: 'outside',
  setup({ onResolve, resolve }) {
    const asked = Symbol('asked');
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
      if (pluginData === asked) return undefined;
      const { errors } = await resolve(path, { kind, resolveDir, importer, pluginData: asked });
      return errors.length > 0 ? { path, external: true } : undefined;
    });
  },
};

/** Says of each package where its specifiers lie. */
async function describe(pack) {
  const exportsOf = {};
  for (const specifier of PACKED) {
    const [name] = /^(@[^/]+\/)?[^/]+/.exec(specifier);
    const inPackage = (path) => `.${path.slice(name.length)}`;
    (exportsOf[name] ??= {})[inPackage(specifier)] = `${inPackage(folderOf(specifier))}/index.mjs`;
  }
  for (const [name, exports] of Object.entries(exportsOf)) {
    await writeFile(join(pack, name, 'package.json'), JSON.stringify({ name, type: 'module', exports }));
  }
}
