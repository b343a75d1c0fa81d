import { eventually } from '#platform/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { RigAnswer, RigCommand } from '../src/fault-rig.js';
import type { StackFile } from '../src/stack-file.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'dist/apps/local-stack/src/main.js');

/** Stacks as processes of their own, on one state folder; this process is their parent and can command them. */
export class StackFolder {
  private readonly started: StackProcess[] = [];

  private constructor(readonly path: string) {}

  static async make(): Promise<StackFolder> {
    return new StackFolder(await mkdtemp(join(tmpdir(), 'eddyline-rig-')));
  }

  launch(args: readonly string[], env: NodeJS.ProcessEnv = {}): StackProcess {
    const command = [MAIN, '--state-dir', this.path, '--json', '--free-ports', ...args];
    const child = spawn(process.execPath, command, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
    });
    const stack = new StackProcess(child);
    this.started.push(stack);
    return stack;
  }

  /** Ids of every process with this folder in its command line: the stack, the JVMs, their watchdogs, the engine. */
  processes(program = ''): number[] {
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      try {
        const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return commandLine.includes(this.path) && commandLine.startsWith(program) ? [Number(name)] : [];
      } catch {
        return []; // gone meanwhile
      }
    });
  }

  async remove(): Promise<void> {
    for (const { child } of this.started) child.kill('SIGKILL');
    await eventually(() => this.processes().length === 0);
    await rm(this.path, { recursive: true, force: true });
  }
}

export class StackProcess {
  private readonly waiting = new Map<number, (answer: RigAnswer) => void>();
  private readonly line: Promise<unknown>;
  private lastId = 0;
  private said = '';
  readonly ended: Promise<number | null>;

  constructor(readonly child: ChildProcess) {
    child.stderr!.on('data', (chunk) => (this.said += String(chunk)));
    child.on('message', (answer: RigAnswer) => this.waiting.get(answer.id)?.(answer));
    this.line = once(createInterface(child.stdout!), 'line').then(([line]) => JSON.parse(line as string) as unknown);
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  /** Everything it wrote to standard error. */
  get errors(): string {
    return this.said;
  }

  async up(): Promise<StackFile> {
    const file = await Promise.race([this.line, this.ended.then(() => undefined)]);
    if (file === undefined) throw new Error(`the stack did not start: ${this.said}`);
    return file as StackFile;
  }

  /** @returns why it could not be done; undefined when it was */
  async command(part: string, action: RigCommand['action']): Promise<string | undefined> {
    const id = ++this.lastId;
    const answer = await new Promise<RigAnswer>((resolveAnswer) => {
      this.waiting.set(id, resolveAnswer);
      this.child.send({ id, part, action });
    });
    return answer.error;
  }
}

export async function sql(stack: StackFile, query: string): Promise<string> {
  const { origin, username, password } = new URL(stack.clickhouseUrl);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const response = await fetch(origin, { method: 'POST', body: query, headers: { authorization } });
  if (!response.ok) throw new Error(await response.text());
  return (await response.text()).trim();
}
