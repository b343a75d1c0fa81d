import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { discoverAddresses, inheritedEnvironment } from '../cli.config.js';
import { entryPointOf } from '../services/entry-points.js';
import { CliFailure } from '../terminal/failure.js';
import type { Reporter } from '../terminal/reporter.js';

export interface DemoStack {
  /** Stops what was started here; a stack that ran before goes on. */
  stop(): Promise<void>;
}

/** Starts the local stack, or takes the one that runs already. Its addresses are then found as by any other command. */
export async function ensureStack(freePorts: boolean, reporter: Reporter): Promise<DemoStack> {
  const { stackFile } = discoverAddresses();
  if (stackFile !== undefined) {
    reporter.note(`Using the local stack that runs already (${stackFile}).`);
    return { stop: () => Promise.resolve() };
  }
  const options = ['--json', ...(freePorts ? ['--free-ports'] : [])];
  const child = spawn(process.execPath, [...process.execArgv, entryPointOf('local-stack'), ...options], {
    // A group of its own: Ctrl-C reaches the demo alone, which stops services first and the stack last.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...inheritedEnvironment(), EDDYLINE_PARENT_PID: String(process.pid) },
  });
  const up = once(createInterface({ input: child.stdout }), 'line').then(() => true);
  const ended = once(child, 'exit').then(() => false);
  if (!(await Promise.race([up, ended]))) throw new CliFailure('the local stack did not start; its reason is above');
  return {
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await ended;
    },
  };
}
