import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { inheritedEnvironment } from '../cli.config.js';
import { entryPointOf } from './entry-points.js';

/** Runs the local stack as a child with this terminal, and answers its exit code. Ctrl-C reaches both; the child decides. */
export async function runStack(options: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, entryPointOf('local-stack'), ...options], {
    stdio: 'inherit',
    env: { ...inheritedEnvironment(), EDDYLINE_PARENT_PID: String(process.pid) },
  });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignore = (): void => undefined; // the terminal sends SIGINT to the whole group
  process.on('SIGTERM', pass).on('SIGINT', ignore);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? (signal === 'SIGINT' ? 0 : 1);
  } finally {
    process.off('SIGTERM', pass).off('SIGINT', ignore);
  }
}
