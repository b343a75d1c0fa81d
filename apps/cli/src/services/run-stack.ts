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
  // A terminal sends Ctrl-C to the whole group; what came to this process alone is passed on.
  const onInterrupt = (): void => void (process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', pass).on('SIGHUP', pass).on('SIGINT', onInterrupt);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? (signal === 'SIGINT' ? 0 : 1);
  } finally {
    process.off('SIGTERM', pass).off('SIGHUP', pass).off('SIGINT', onInterrupt);
  }
}
