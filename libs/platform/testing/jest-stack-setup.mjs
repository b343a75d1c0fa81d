// Starts one local stack for all integration tests of a run, or takes the running one that EDDYLINE_TEST_STACK names.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
/** The first run fetches the broker's jars. */
const START_DEADLINE_MS = 300_000;
/** Parts of the user's own must not be written to by tests; EDDYLINE_TEST_STACK is the way to say "these". */
const FOREIGN_PARTS = ['KAFKA_BROKERS', 'CLICKHOUSE_URL', 'SCHEMA_REGISTRY_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

export default async function startStackForTests() {
  // What runs in processes of their own is what stands in the tree.
  await promisify(execFile)(process.execPath, [join(ROOT, 'tools/build.mjs')]);
  const shared = process.env.EDDYLINE_TEST_STACK;
  const stack = shared ? await readSharedStack(shared) : await startOwnStack();
  await requireAnswers(stack);
  process.env.EDDYLINE_TEST_STACK_ADDRESSES = JSON.stringify(stack);
}

async function readSharedStack(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new Error(
      `EDDYLINE_TEST_STACK=${path}: no stack.json there (${cause.message}). Start one, or unset the variable.`,
      { cause },
    );
  }
}

async function startOwnStack() {
  const stateDir = await mkdtemp(join(tmpdir(), 'eddyline-test-stack-'));
  const env = { ...process.env };
  for (const name of FOREIGN_PARTS) delete env[name];
  const main = join(ROOT, 'dist/apps/local-stack/src/main.js');
  // The IPC channel takes the stack along when this run ends, however it ends.
  const child = spawn(process.execPath, [main, '--free-ports', '--json', '--state-dir', stateDir], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env,
  });
  globalThis.eddylineTestStack = { child, stateDir };
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-20_000)));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill();
      reject(new Error(`The local stack was not up after ${START_DEADLINE_MS / 1000} s:\n${said}`));
    }, START_DEADLINE_MS);
    createInterface(child.stdout).once('line', (line) => {
      clearTimeout(timer);
      resolve(JSON.parse(line));
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The local stack did not start (exit code ${code}):\n${said}`));
    });
  });
}

/** A part that is away fails the run here, with its address, instead of every test by a timeout. */
async function requireAnswers(stack) {
  const [host, port] = stack.kafkaBrokers.split(',')[0].split(':');
  const checks = [
    ['Kafka', stack.kafkaBrokers, () => canConnect(host, Number(port))],
    ['The schema registry', stack.schemaRegistryUrl, () => fetch(`${stack.schemaRegistryUrl}/subjects`)],
    ['ClickHouse', new URL(stack.clickhouseUrl).host, () => fetch(`http://${new URL(stack.clickhouseUrl).host}/ping`)],
    ['The OTLP receiver', stack.otlpEndpoint, () => fetch(stack.otlpEndpoint)],
  ];
  for (const [name, address, check] of checks) {
    try {
      await check();
    } catch (cause) {
      throw new Error(`${name} at ${address} does not answer; the integration tests need it.`, { cause });
    }
  }
}

function canConnect(host, port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => resolve(socket.destroy()));
    socket.once('error', reject);
  });
}
