import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Task, Usage } from './task.js';

export type System = 'bare-loop' | 'eddyline-stage';

/** One system under measurement in a process of its own. */
export class MeasuredProcess {
  private readonly lines: Interface;

  private constructor(private readonly child: ChildProcess) {
    this.lines = createInterface({ input: child.stdout! });
  }

  static start(system: System, task: Task): MeasuredProcess {
    const file = fileURLToPath(new URL(`./${system}.js`, import.meta.url));
    const args = ['--disable-warning=TimeoutNegativeWarning', file, JSON.stringify(task)];
    return new MeasuredProcess(spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  async usage(): Promise<Usage> {
    if (this.child.exitCode !== null) throw new Error('the measured process has ended');
    this.child.stdin!.write('usage\n');
    const [line] = (await once(this.lines, 'line')) as [string];
    return JSON.parse(line) as Usage;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}
