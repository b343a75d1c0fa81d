import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGroupAlive, residentBytesOf, signalGroup } from './process-group.js';

export interface BoundedProgram {
  /** Program and arguments; no shell. */
  readonly command: readonly string[];
  /** Everything that it sees of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  /** Between asking it to end and ending it by force. Default 5,000 ms. */
  readonly graceMs?: number;
  /** Takes all that it writes, stdout and stderr as they come. */
  readonly logFile: string;
  readonly signal?: AbortSignal;
  /** Told the leader of its process group. */
  readonly onStarted?: (pid: number) => void | Promise<void>;
}

/** How a program came to its end. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number }
  /** By somebody else's signal. */
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'not_started'; readonly reason: string }
  | { readonly kind: 'too_slow' }
  | { readonly kind: 'too_large'; readonly residentBytes: number }
  | { readonly kind: 'cancelled' };

export interface ProgramRun {
  readonly end: ProgramEnd;
  /** The last of what it wrote: 64 KiB. */
  readonly output: string;
  readonly seconds: number;
  /** The most that was seen. */
  readonly residentBytes: number;
}

const TAIL_BYTES = 64 * 1_024;
const LOOK_EVERY_MS = 200;
const GRACE_MS = 5_000;
/** For what was written last to be read. */
const DRAIN_MS = 2_000;

/** Runs a program in a process group of its own, which is ended as a whole at a bound, when it is cancelled, and after it. */
export async function runBounded(program: BoundedProgram): Promise<ProgramRun> {
  const started = performance.now();
  const log = createWriteStream(program.logFile);
  const written = finished(log);
  const tail = new Tail();
  const [file, ...args] = program.command;
  const over = new AbortController();
  let verdict: ProgramEnd | undefined;
  let residentBytes = 0;
  let noted: Promise<void> | undefined;
  const end = await new Promise<ProgramEnd>((resolve) => {
    if (program.signal?.aborted) return resolve({ kind: 'cancelled' });
    const child = spawn(file!, args, {
      cwd: program.directory,
      env: { ...program.environment },
      // A group of its own, so that what it starts can be ended with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.once('error', (error) => resolve({ kind: 'not_started', reason: error.message }));
    const { pid } = child;
    if (pid === undefined) return;
    noted = Promise.resolve(program.onStarted?.(pid));
    const stop = (why: ProgramEnd): void => {
      if (verdict !== undefined) return;
      verdict = why;
      void endGroup(pid, program.graceMs ?? GRACE_MS, over.signal);
    };
    const timeout = setTimeout(() => stop({ kind: 'too_slow' }), program.timeoutMs);
    const onAbort = (): void => stop({ kind: 'cancelled' });
    program.signal?.addEventListener('abort', onAbort, { once: true });
    void watchMemory(pid, over.signal, (bytes) => {
      residentBytes = Math.max(residentBytes, bytes);
      if (bytes > program.memoryBytes) stop({ kind: 'too_large', residentBytes: bytes });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log.write(chunk);
        tail.add(chunk);
      });
    }
    // What it has left running would hold its output open, and its memory.
    child.once('exit', () => {
      signalGroup(pid, 'SIGKILL');
      // What has left the group may hold the output open: it is not waited for.
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, DRAIN_MS).unref();
    });
    child.once('close', (code, signal) => {
      clearTimeout(timeout);
      program.signal?.removeEventListener('abort', onAbort);
      resolve(verdict ?? (code === null ? { kind: 'killed', signal: String(signal) } : { kind: 'exited', code }));
    });
  });
  over.abort();
  log.end();
  await written;
  await noted;
  return { end, output: tail.text(), seconds: (performance.now() - started) / 1_000, residentBytes };
}

/** Asks, then forces. */
async function endGroup(leader: number, graceMs: number, over: AbortSignal): Promise<void> {
  signalGroup(leader, 'SIGTERM');
  await sleep(graceMs, undefined, { signal: over }).catch(() => undefined);
  if (isGroupAlive(leader)) signalGroup(leader, 'SIGKILL');
}

async function watchMemory(leader: number, over: AbortSignal, see: (bytes: number) => void): Promise<void> {
  while (!over.aborted) {
    see(await residentBytesOf(leader).catch(() => 0));
    await sleep(LOOK_EVERY_MS, undefined, { signal: over }).catch(() => undefined);
  }
}

/** The last bytes of a stream. */
class Tail {
  private chunks: Buffer[] = [];
  private size = 0;

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    while (this.size - this.chunks[0]!.length >= TAIL_BYTES) this.size -= this.chunks.shift()!.length;
  }

  text(): string {
    return Buffer.concat(this.chunks).subarray(-TAIL_BYTES).toString('utf8');
  }
}
