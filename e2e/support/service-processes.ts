import { eventually } from '#platform/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { inheritedPath } from './e2e.config.js';
import { builtMain, stackEnvironment } from './run-eddyline.js';

export type ServiceName =
  'ingestion' | 'validation' | 'inference' | 'feedback' | 'monitoring' | 'retraining' | 'explanation';

/** Last lines of a service that are kept, to be told when it ends by itself. */
const LINES_KEPT = 50;
const STOP_MS = 60_000;
/** Who writes to ClickHouse or asks it, batch by batch. */
const STORING: ReadonlySet<ServiceName> = new Set(['monitoring', 'feedback', 'explanation']);
/** Half of what ClickHouse does in a test is small inserts, a hundred milliseconds apart; nobody here needs them so soon. */
const GATHERING = { KAFKA_FETCH_MIN_BYTES: '256KiB', KAFKA_FETCH_MAX_WAIT: '500ms' };
/** A tenth of a second of a thin stream is one transaction, as in the demo. */
const STREAMING = { KAFKA_FETCH_MIN_BYTES: '32KiB' };

interface Running {
  readonly child: ChildProcess;
  /** `http://127.0.0.1:<port>`, once it listens. */
  readonly url: Promise<string>;
  readonly ended: Promise<Ended>;
  readonly said: readonly string[];
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Its last lines on stderr. */
  readonly said: readonly string[];
}

/** The built services, each a process of its own as in production, for one pipeline. They end with this process. */
export class ServiceProcesses {
  private readonly running = new Map<ServiceName, Running>();
  /** Whose end somebody waits for: not news. */
  private readonly expected = new Set<ChildProcess>();
  private readonly environment: Readonly<Record<string, string>>;

  constructor(pipeline: string, environment: Readonly<Record<string, string>> = {}) {
    this.environment = {
      ...inheritedPath(),
      ...stackEnvironment(),
      EDDYLINE_PIPELINES: pipeline,
      EDDYLINE_PARENT_PID: String(process.pid),
      // How soon the group notices that a member was killed; the least that brokers take.
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      LOG_LEVEL: 'warn',
      PORT: '0',
      ...environment,
    };
  }

  /** Resolves when each has done what it does at start and works. */
  async start(...names: readonly ServiceName[]): Promise<void> {
    for (const name of names) this.launch(name);
    await Promise.all(names.map((name) => this.untilReady(name)));
  }

  /** Starts a process and does not wait for it. @param flags for Node */
  launch(name: ServiceName, flags: readonly string[] = []): void {
    const child = spawn(process.execPath, [...flags, builtMain(name)], {
      cwd: tmpdir(),
      env: { ...(STORING.has(name) ? GATHERING : STREAMING), ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: string[] = [];
    createInterface(child.stderr).on('line', (line) => {
      said.push(line);
      if (said.length > LINES_KEPT) said.shift();
    });
    const url = new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).once('line', (line) => {
        const { port } = JSON.parse(line) as { port: number };
        resolve(`http://127.0.0.1:${port}`);
      });
      child.once('exit', () => reject(new Error(`${name} ended before it listened`)));
    });
    url.catch(() => undefined); // whoever asks for the address hears of it
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, said }));
    });
    child.once('exit', (code, signal) => {
      if (this.running.get(name)?.child !== child || this.expected.has(child)) return; // asked to
      this.running.delete(name);
      console.error(`${name} ended by itself (${signal ?? `exit code ${code}`}):\n${said.join('\n')}`);
    });
    this.running.set(name, { child, url, ended, said });
  }

  /** @throws Error when the service does not run */
  urlOf(name: ServiceName): Promise<string> {
    const url = this.running.get(name)?.url;
    return url ?? Promise.reject(new Error(`${name} does not run`));
  }

  /** @throws Error when the service does not run */
  pidOf(name: ServiceName): number {
    const pid = this.running.get(name)?.child.pid;
    if (pid === undefined) throw new Error(`${name} does not run`);
    return pid;
  }

  /** Its last lines on stderr; none when it does not run. */
  saidBy(name: ServiceName): readonly string[] {
    return this.running.get(name)?.said ?? [];
  }

  /** Resolves when the process has ended by itself. @throws Error when it does not run */
  async ended(name: ServiceName): Promise<Ended> {
    const running = this.running.get(name);
    if (running === undefined) throw new Error(`${name} does not run`);
    this.expected.add(running.child);
    const ended = await running.ended;
    if (this.running.get(name) === running) this.running.delete(name);
    return ended;
  }

  /** kill -9; resolves when the process is gone. @throws Error when it does not run, so that no kill hits nothing */
  async kill(name: ServiceName): Promise<void> {
    const child = this.running.get(name)?.child;
    if (child === undefined) throw new Error(`${name} does not run`);
    this.running.delete(name);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Stops the process where it stands, as a machine under memory pressure or a debugger would; it knows nothing of it. */
  freeze(name: ServiceName): void {
    this.running.get(name)?.child.kill('SIGSTOP');
  }

  thaw(name: ServiceName): void {
    this.running.get(name)?.child.kill('SIGCONT');
  }

  /** Asks all to stop and waits until they are gone. */
  async stop(): Promise<void> {
    await Promise.all([...this.running.keys()].map((name) => this.stopOne(name)));
  }

  /** SIGTERM; resolves when the process is gone, with how it went. */
  async stopOne(name: ServiceName): Promise<Ended> {
    const { child } = this.running.get(name) ?? {};
    const ended = this.ended(name);
    child?.kill('SIGTERM');
    const late = setTimeout(() => child?.kill('SIGKILL'), STOP_MS);
    return ended.finally(() => clearTimeout(late));
  }

  /** Resolves when the service works. */
  async untilReady(name: ServiceName): Promise<void> {
    await eventually(async () => {
      const response = await fetch(`${await this.urlOf(name)}/health/ready`);
      if (!response.ok) throw new Error(`${name} is not ready: ${await response.text()}`);
    });
  }
}
