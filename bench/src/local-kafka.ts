import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface LocalKafka {
  readonly brokers: readonly string[];
  readonly schemaRegistryUrl: string;
  readonly clickhouseUrl: string;
  stop(): Promise<void>;
}

/** The local stack on free ports, with a state of its own that is gone afterwards. */
export async function startLocalKafka(): Promise<LocalKafka> {
  const stateDir = await mkdtemp(join(tmpdir(), 'eddyline-bench-'));
  const main = fileURLToPath(new URL('../../apps/local-stack/src/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, '--free-ports', '--state-dir', stateDir, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(stateDir, { recursive: true, force: true });
  };
  const line = await Promise.race([
    once(createInterface({ input: child.stdout! }), 'line').then(([text]) => text as string),
    once(child, 'exit').then(() => undefined),
  ]);
  if (line === undefined) throw new Error('the local stack did not start');
  const { kafkaBrokers, ...urls } = JSON.parse(line) as {
    kafkaBrokers: string;
    schemaRegistryUrl: string;
    clickhouseUrl: string;
  };
  return { brokers: kafkaBrokers.split(','), ...urls, stop };
}
