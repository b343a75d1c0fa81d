import { tmpdir } from 'node:os';
import { runCli } from '../src/run-cli.js';
import { stackEnvironment, type Run } from './run-eddyline.js';

const VARIABLES = Object.keys(stackEnvironment());

/** Runs a command line within this process: to start one of its own takes longer than most commands do. */
export async function eddylineHere(
  args: readonly string[],
  { env = stackEnvironment() }: { readonly env?: Record<string, string> } = {},
): Promise<Run> {
  const said = { stdout: '', stderr: '' };
  const release = [
    listen(process.stdout, (text) => (said.stdout += text)),
    listen(process.stderr, (text) => (said.stderr += text)),
    replaceVariables(env),
    moveTo(tmpdir()),
  ];
  try {
    return { exitCode: await runCli([process.execPath, 'eddyline', ...args]), ...said };
  } finally {
    for (const undo of release) undo();
  }
}

/** The JSON that a command writes with `--json`; fails with what it said when it does not end well. */
export async function eddylineHereJson<T>(args: readonly string[]): Promise<T> {
  const run = await eddylineHere([...args, '--json']);
  if (run.exitCode !== 0) throw new Error(`eddyline ${args.join(' ')}: exit code ${run.exitCode}\n${run.stderr}`);
  return JSON.parse(run.stdout) as T;
}

function listen(stream: NodeJS.WriteStream, hear: (text: string) => void): () => void {
  const { write } = stream;
  stream.write = ((chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => {
    hear(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    const callback = typeof encoding === 'function' ? encoding : done;
    if (typeof callback === 'function') (callback as () => void)();
    return true;
  }) as typeof write;
  return () => {
    stream.write = write;
  };
}

function replaceVariables(env: Readonly<Record<string, string>>): () => void {
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of VARIABLES) set(name, env[name]);
  return () => {
    for (const [name, value] of before) set(name, value);
  };
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** Away from the repository, so that a stack that a developer runs there is not found. */
function moveTo(directory: string): () => void {
  const before = process.cwd();
  process.chdir(directory);
  return () => process.chdir(before);
}
