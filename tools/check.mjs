// `npm run check`: everything that can be judged without running the code. `--fix` mends what a machine can mend.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { glob, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const bin = (path) => join(root, 'node_modules', path);
const cache = (name) => join(root, 'node_modules', '.cache', name);

const { values: options } = parseArgs({
  options: {
    fix: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** Runs a Node program of the repository; resolves to its exit status and everything it said. */
function node(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

const findings = (lines) => ({ ok: lines.length === 0, output: lines.join('\n') });

function types() {
  return node(
    bin('typescript/bin/tsc'),
    '-p',
    'tsconfig.json',
    '--incremental',
    '--tsBuildInfoFile',
    cache('tsc.json'),
  );
}

/**
 * Cached by content, except in CI: a rule that looks at types can change its mind about a file that did not change. So what
 * the cache finds wrong is looked at again without it.
 */
async function lint() {
  const cached = process.env.CI ? [] : ['--cache', '--cache-strategy', 'content', '--cache-location', cache('eslint/')];
  const fix = options.fix ? ['--fix'] : [];
  const look = () => node(bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0', ...cached, ...fix);
  const found = await look();
  if (found.ok || cached.length === 0) return found;
  await rm(cache('eslint'), { recursive: true, force: true });
  return look();
}

function format() {
  const mode = options.fix ? ['--write', '--list-different'] : ['--check'];
  return node(
    bin('prettier/bin/prettier.cjs'),
    ...mode,
    '--cache',
    '--cache-location',
    cache('prettier-check.json'),
    '.',
  );
}

/** Every generator takes `--check`: make it again in memory and compare with what is committed. */
async function generated() {
  const outputs = [];
  let ok = true;
  for await (const file of glob('dist/tools/generators/*.js', { cwd: root })) {
    const result = await node(join(root, file), ...(options.fix ? [] : ['--check']));
    ok &&= result.ok;
    if (!result.ok) outputs.push(`${file.replace('dist/', '').replace(/js$/, 'ts')}:\n${result.output}`);
  }
  return { ok, output: outputs.join('\n') };
}

const LAYERS = [
  { at: 'apps/*', tag: 'type:app', type: 'application', page: true },
  { at: 'libs/platform/*', tag: 'type:platform', type: 'library', page: true },
  { at: 'libs/domain/*', tag: 'type:domain', type: 'library', page: false },
  { at: 'libs/contracts', tag: 'type:contracts', type: 'library', page: false },
];

/** The boundaries rule sees only what Nx knows: a folder without its project.json and tag would be bound by nothing. */
async function layers() {
  const problems = [];
  for (const { at, tag, type, page } of LAYERS) {
    for await (const folder of glob(at, { cwd: root })) {
      const file = join(folder, 'project.json');
      if (!existsSync(join(root, folder, 'src'))) continue;
      if (page && !existsSync(join(root, folder, 'README.md'))) problems.push(`${folder}/README.md is missing`);
      if (!existsSync(join(root, file))) {
        problems.push(`${file} is missing: add one with "tags": ["${tag}"]`);
        continue;
      }
      const project = JSON.parse(await readFile(join(root, file), 'utf8'));
      if (project.tags?.length !== 1 || project.tags[0] !== tag) problems.push(`${file}: tags must be ["${tag}"]`);
      if (project.projectType !== type) problems.push(`${file}: projectType must be "${type}"`);
    }
  }
  return findings(problems);
}

// Written in halves, so that this file does not find itself.
const FOREIGN = [
  {
    what: 'a package registry',
    pattern: /\b(registry\.npm|registry\.yarn|repo1?\.maven|pypi\.or|files\.python)\w*\.?\w*/,
  },
  { what: 'a path of one machine', pattern: /(?<![\w.$}~-])\/(home|root|Users|work|mnt)\/[\w.-]+/ },
  { what: 'a merge conflict', pattern: /^(<{7}|>{7}) / },
];
/** Binary files, each with what it comes from: data that is given, or a program that makes it again. */
const BINARY = [
  { pattern: /^pipelines\/.+\.csv\.gz$/, from: 'NOTICE' },
  { pattern: /^libs\/platform\/onnx\/fixtures\/.+\.onnx$/, from: 'tools/reference/onnx_models.py' },
];

/** Links of a Markdown file to files beside it that are not there. */
function deadLinks(file, text) {
  return [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(file), target)))
    .map((target) => `${file} links to ${target}, which is not there`);
}

async function tidy() {
  const { output } = await new Promise((resolve, reject) => {
    const child = spawn('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', () => resolve({ output }));
  });
  const problems = [];
  for (const file of output.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    const bytes = await readFile(join(root, file));
    if (bytes.subarray(0, 8000).includes(0)) {
      const known = BINARY.find(({ pattern }) => pattern.test(file));
      if (!known) problems.push(`${file} is binary: commit what makes it instead`);
      else if (!existsSync(join(root, known.from))) problems.push(`${file} comes from ${known.from}, which is gone`);
      continue;
    }
    const text = bytes.toString('utf8');
    if (file.endsWith('.md')) problems.push(...deadLinks(file, text));
    text.split('\n').forEach((line, index) => {
      for (const { what, pattern } of FOREIGN) {
        const found = pattern.exec(line);
        if (found && file !== 'tools/check.mjs') problems.push(`${file}:${index + 1} names ${what}: ${found[0]}`);
      }
    });
  }
  return findings(problems);
}

const STEPS = { types, lint, format, generated, layers, tidy };

if (options.help) {
  console.log(`npm run check -- [--fix] [--only ${Object.keys(STEPS).join(',')}]

  types      the TypeScript compiler, strict
  lint       ESLint: module boundaries, purity of the domain, names, promises
  format     Prettier
  generated  committed files that a generator makes are what it makes today
  layers     every app and library has its project.json with the tag of its layer, and its page
  tidy       no registry host, machine path, merge conflict, dead link or unexplained binary in the tree

  --fix      let ESLint, Prettier and the generators write; then look again
  --only     a comma-separated part of the above`);
  process.exit(0);
}

const chosen = options.only === '' ? Object.keys(STEPS) : options.only.split(',');
const unknown = chosen.filter((name) => !(name in STEPS));
if (unknown.length > 0) {
  console.error(`unknown check: ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}`);
  process.exit(2);
}

async function run(name) {
  const started = performance.now();
  const result = await STEPS[name]().catch((error) => ({ ok: false, output: String(error?.stack ?? error) }));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.error(`${result.ok ? '  ok  ' : 'FAILED'} ${name.padEnd(10)} ${seconds.padStart(6)} s`);
  return { name, ...result };
}

// The compiler beside the rest: two cores are what a small machine has. Not with --fix, where they would race.
const results = [];
if (options.fix) for (const name of chosen) results.push(await run(name));
else {
  const first = chosen.slice(0, 1).map(run);
  const rest = [];
  for (const name of chosen.slice(1)) rest.push(await run(name));
  results.push(...(await Promise.all(first)), ...rest);
}

const failed = results.filter(({ ok }) => !ok);
for (const { name, output } of failed) console.error(`\n── ${name} ──\n${output.trim()}`);
console.error(
  failed.length === 0
    ? `check: all ${results.length} passed`
    : `\ncheck: ${failed.map(({ name }) => name).join(', ')} failed. \`npm run check -- --fix\` mends what it can.`,
);
process.exit(failed.length === 0 ? 0 : 1);
