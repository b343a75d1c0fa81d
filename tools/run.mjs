// The entry of every npm script: `node tools/run.mjs <command> [arguments]`. Needs nothing but Node ≥ 20: installs the
// packages when they are missing, builds, and runs the command with the Node that the packages bring.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = 20;
/** What the sources are written for; the packages bring exactly it. */
const BUNDLED_MAJOR = 24;

const CLI = 'dist/apps/cli/src/main.js';
const STACK = 'dist/apps/local-stack/src/main.js';

/** Arguments for Node, by command. */
const COMMANDS = {
  demo: (args) => [CLI, 'demo', ...args],
  stack: (args) => [STACK, ...args],
  cli: (args) => [CLI, ...args],
  build: () => undefined,
  test: (args) => jest(args),
  interop: (args) => jest(['--selectProjects', 'interop', ...args]),
  check: (args) => ['tools/check.mjs', ...args],
  bench: (args) => ['dist/bench/main.js', ...args],
  faults: (args) => ['tools/faults.mjs', ...args],
};

function jest(args) {
  return [
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--config',
    'jest.config.mjs',
    ...workers(args),
    ...args,
  ];
}

/** Commands whose process ends with this one, also when this one is killed: the channel between them closes. */
const BOUND = new Set(['demo', 'stack', 'cli', 'bench']);

/** Integration tests wait for services much of the time: one worker more than cores, where jest would leave a core free. */
function workers(args) {
  const chosen = args.some((arg) => /^(-w|-i$|--maxWorkers|--runInBand|--watch)/.test(arg));
  return chosen ? [] : [`--maxWorkers=${Math.min(availableParallelism() + 1, 4)}`];
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const say = (message) => process.stderr.write(`${message}\n`);

/** Whether node_modules is what package-lock.json says; npm's own record of what it installed is compared, package by package. */
function isInstalled() {
  const read = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')).packages;
  if (!existsSync(join(ROOT, 'node_modules/.package-lock.json'))) return false;
  const wanted = read('package-lock.json');
  const installed = read('node_modules/.package-lock.json');
  return Object.entries(wanted).every(([path, { version, optional, peer, link }]) => {
    if (path === '' || link) return true;
    if (!installed[path]) return Boolean(optional || peer);
    return installed[path].version === version;
  });
}

function install() {
  say('Installing packages (1.3 GB; only the first time, and when they change) …');
  const started = Date.now();
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk) => (output = (output + chunk).slice(-8_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const ticker = setInterval(() => say(`Installing packages: ${seconds()} s`), 10_000);
  return new Promise((resolve) => {
    const done = (problem) => {
      clearInterval(ticker);
      if (problem) fail(installAdvice(problem, output));
      say(`Packages installed in ${seconds()} s.`);
      resolve();
    };
    child.once('error', (error) => done(`npm cannot be run: ${error.message}`));
    child.once('close', (code, signal) => done(code === 0 ? '' : `npm ci ended with ${signal ?? `exit code ${code}`}`));
  });
}

function installAdvice(problem, output) {
  return `The packages could not be installed: ${problem}.
${output.trim().split('\n').slice(-15).join('\n')}

Ways out:
  no network, or a proxy      npm config get registry proxy https-proxy
  disk full                   1.3 GB are needed in ${ROOT}
  one platform package fails  npm ci --omit=optional leaves the ClickHouse library out; then name a ClickHouse
                              of your own: CLICKHOUSE_URL=http://user:password@host:8123
  anything else               run \`npm ci\` in ${ROOT} and read what it says`;
}

/** The Node of the \`node\` package; where its install script was not run, this one if it is new enough. */
function bundledNode() {
  const found = ['node_modules/node/bin/node', 'node_modules/.bin/node']
    .map((path) => join(ROOT, path))
    .find(existsSync);
  if (found) return found;
  if (Number(process.versions.node.split('.')[0]) >= BUNDLED_MAJOR) return process.execPath;
  return fail(
    `The package "node" has not brought its Node ${BUNDLED_MAJOR} (install scripts are switched off?). ` +
      `Run \`npm rebuild node\`, or use Node ${BUNDLED_MAJOR}; this is ${process.version}.`,
  );
}

function run(node, args, isBound) {
  const child = spawn(node, args, {
    cwd: ROOT,
    stdio: isBound ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
    env: {
      // What was compiled once is not compiled again: by services that start together, and by tests that start hundreds.
      NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/node-compile'),
      ...process.env,
      NODE_OPTIONS: nodeOptions(),
      ...(command === 'interop' && { EDDYLINE_INTEROP: '1' }),
    },
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // A terminal sends Ctrl-C to parent and child alike: only what came to this process alone is passed on.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  child.once('error', (error) => fail(`${node} cannot be run: ${error.message}`));
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

/** Node calls jest's ESM support experimental. */
function nodeOptions() {
  return `${process.env.NODE_OPTIONS ?? ''} --disable-warning=ExperimentalWarning`.trim();
}

const [command = '', ...args] = process.argv.slice(2);
if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  fail(
    `Eddyline needs Node ${OLDEST_NODE} or newer to start (it then brings its own Node ${BUNDLED_MAJOR}); this is ${process.version}. https://nodejs.org`,
  );
}
const argumentsOf = COMMANDS[command];
if (!argumentsOf) fail(`Unknown command ${JSON.stringify(command)}. Commands: ${Object.keys(COMMANDS).join(', ')}`);
if (!isInstalled()) await install();
const node = bundledNode();
const build = spawnSync(node, ['tools/build.mjs'], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
if (build.status !== 0) process.exit(build.status ?? 1);
const nodeArguments = argumentsOf(args);
if (nodeArguments) run(node, nodeArguments, BOUND.has(command));
