import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from './stack-error.js';

/** A log that grew past this is rotated once, at start-up: the stack must not fill a laptop's disk over months. */
const LOG_ROTATE_BYTES = 16 * 1024 * 1024;

/**
 * A child that ends when this process does, however it does: the child holds the read end of a pipe on its standard
 * input and leaves at end of file, which the kernel delivers even after `kill -9`. It runs in a session of its own, so
 * that a Ctrl-C in the terminal reaches only this process, which stops its children in order.
 */
export class BoundProcess {
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private hasExited = false;
  /** Runs while the child is frozen. */
  private mourner: ChildProcess | undefined;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly logPath: string,
  ) {
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.hasExited = true;
        this.mourner?.kill('SIGKILL');
        child.stdin?.destroy();
        resolve({ code, signal });
      });
    });
    child.stdin?.on('error', () => undefined); // EPIPE: the child is gone, `exited` says so
  }

  /** @throws StackError when the program cannot be started at all. */
  static async spawn(
    name: string,
    command: string,
    args: readonly string[],
    options: { logPath: string; env?: NodeJS.ProcessEnv; cwd?: string },
  ): Promise<BoundProcess> {
    mkdirSync(dirname(options.logPath), { recursive: true });
    if ((statSync(options.logPath, { throwIfNoEntry: false })?.size ?? 0) > LOG_ROTATE_BYTES) {
      renameSync(options.logPath, `${options.logPath}.1`);
    }
    const log = openSync(options.logPath, 'a');
    try {
      const child = spawn(command, args, {
        stdio: ['pipe', log, log],
        detached: true,
        ...(options.env && { env: options.env }),
        ...(options.cwd && { cwd: options.cwd }),
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (cause) =>
          reject(new StackError(`${name}: cannot run ${command}: ${cause.message}`, { cause })),
        );
      });
      return new BoundProcess(name, child, options.logPath);
    } finally {
      closeSync(log);
    }
  }

  get alive(): boolean {
    return !this.hasExited;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The end of the child's log, for error messages. */
  logTail(lines = 15): string {
    try {
      return readFileSync(this.logPath, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '(no log)';
    }
  }

  /** Asks the child to leave by closing its standard input; kills its whole process group after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    if (this.hasExited) return;
    this.thaw();
    this.child.stdin?.end();
    const timer = setTimeout(() => this.signalGroup('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** `kill -9` of the child and of all that it started; resolves when the child is gone. */
  async kill(): Promise<void> {
    this.signalGroup('SIGKILL');
    await this.exited;
  }

  /**
   * Stops the child, and all that it started, where they stand. A frozen child sees no end of file: until it is thawed
   * a shell waits for ours in its place, and kills it then. Resolves when the last of them stands: a busy machine lets
   * them run on for a while.
   */
  async freeze(): Promise<void> {
    if (this.hasExited || this.mourner !== undefined) return;
    this.mourner = spawn('sh', ['-c', 'cat >/dev/null; kill -KILL -"$1"', 'frozen-watchdog', String(this.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.mourner.on('error', () => undefined); // no shell: only a freeze that this process does not survive needs it
    this.mourner.stdin?.on('error', () => undefined);
    this.signalGroup('SIGSTOP');
    while (!this.hasExited && this.mourner !== undefined && groupRuns(this.pid)) await sleep(5);
  }

  /** Undoes `freeze`. */
  thaw(): void {
    this.mourner?.kill('SIGKILL');
    this.mourner = undefined;
    if (!this.hasExited) this.signalGroup('SIGCONT');
  }

  private signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal); // the group: the child leads it (detached)
    } catch {
      // already gone
    }
  }
}

/** Whether a process of the group is not stopped, where the system tells (Linux); elsewhere a signal is taken for its effect. */
function groupRuns(groupId: number): boolean {
  if (!existsSync('/proc/self/stat')) return false;
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      // After the program's name, which may hold anything, in parentheses: state, parent, group.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(group) === groupId && state !== 'T' && state !== 'Z';
    } catch {
      return false; // gone meanwhile
    }
  });
}
