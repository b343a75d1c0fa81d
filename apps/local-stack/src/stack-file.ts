import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a running stack says about itself in `<state dir>/stack.json`; passwords are inside, so the file is the user's alone. */
export interface StackFile {
  readonly pid: number;
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
  readonly clickhouseUrl: string;
  /** Logs in as `analyst`, who can read everything and write nothing; the same as `clickhouseUrl` for a ClickHouse of the user's own. */
  readonly clickhouseAnalystUrl: string;
  readonly otlpEndpoint: string;
  /** Where model artifacts of this stack are kept, as a `file://` URL. */
  readonly artifacts: string;
  readonly startedAt: string;
}

const pathIn = (stateDir: string): string => join(stateDir, 'stack.json');
/** Process ids of the stack and its children, written before anything starts: a second start finds a first that is not up yet. */
const pidsPathIn = (stateDir: string): string => join(stateDir, 'stack.pids');

export async function writeStackFile(stateDir: string, file: StackFile): Promise<void> {
  const staging = `${pathIn(stateDir)}.${process.pid}`;
  await writeFile(staging, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  await rename(staging, pathIn(stateDir)); // readers see the whole file or none
}

export async function readStackFile(stateDir: string): Promise<StackFile | undefined> {
  try {
    return JSON.parse(await readFile(pathIn(stateDir), 'utf8')) as StackFile;
  } catch {
    return undefined;
  }
}

export async function writePids(stateDir: string, pids: readonly number[]): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  await writeFile(pidsPathIn(stateDir), pids.join('\n'));
}

/** Processes of an earlier stack on this state folder that still run; the stack's own first. */
export async function livePids(stateDir: string): Promise<{ stack: number | undefined; children: number[] }> {
  const text = existsSync(pidsPathIn(stateDir)) ? await readFile(pidsPathIn(stateDir), 'utf8') : '';
  const [stack, ...children] = text.split('\n').filter(Boolean).map(Number);
  return {
    stack: stack !== undefined && stack !== process.pid && isStackProcess(stack) ? stack : undefined,
    children: children.filter(isStackProcess),
  };
}

export async function removeStackFiles(stateDir: string): Promise<void> {
  await rm(pathIn(stateDir), { force: true });
  await rm(pidsPathIn(stateDir), { force: true });
}

function isStackProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  // Process ids are used again (after a reboot surely): where the system tells the command line, it decides.
  const commandLine = `/proc/${pid}/cmdline`;
  if (!existsSync('/proc/self/cmdline')) return true;
  try {
    return /local-stack|kafka-watchdog|clickhouse-host|stack/.test(readFileSync(commandLine, 'utf8'));
  } catch {
    return false;
  }
}
